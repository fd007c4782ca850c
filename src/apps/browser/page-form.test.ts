import { describe, expect, it } from '@jest/globals';
import { formAction, hiddenFields } from './page-form';

const page = `<form method="post" action="/login?a=1&amp;b=2">
  <input type="hidden" name="csrf" value="x"><input type="hidden" name="request" value="a=&quot;&#39;&lt;&gt;&amp;amp;">
  <input name="username" value="nobody"><button>Sign in</button></form>`;

describe('the form of a page', () => {
  it('given hidden fields and others, when they are read, then the hidden ones are there, as a browser unescapes them', () => {
    expect(hiddenFields(page)).toEqual({ csrf: 'x', request: `a="'<>&amp;` });
  });

  it('given an action, when it is read, then it is unescaped, and a missing one is nothing', () => {
    expect(formAction(page)).toBe('/login?a=1&b=2');
    expect(formAction('<p>')).toBe('');
  });
});
