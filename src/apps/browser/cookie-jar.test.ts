import { describe, expect, it } from '@jest/globals';
import { CookieJar } from './cookie-jar';

describe('the cookies of a browser', () => {
  it('given an empty jar, when a request is made, then it has no such header', () => {
    expect(new CookieJar().header()).toEqual({});
  });

  it('given cookies with attributes, when they are sent, then their names and values alone are, the newest of a name', () => {
    const jar = new CookieJar();
    jar.take(['form=a==; Path=/; HttpOnly', 'session=one; SameSite=Lax']);
    jar.take(['session=two; Max-Age=3600']);

    expect(jar.header()).toEqual({ cookie: 'form=a==; session=two' });
    expect(jar.values()).toEqual(['a==', 'two']);
  });

  it.each(['session=; Max-Age=0; Path=/', 'session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])(
    'given %s, when it is taken, then the cookie is gone',
    (line) => {
      const jar = new CookieJar();
      jar.set('session', 'one');

      jar.take([line]);

      expect(jar.get('session')).toBeUndefined();
    },
  );
});
