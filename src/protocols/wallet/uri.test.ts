import { describe, expect, it, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { isUri } from './uri';

const piece = fc.constantFrom(
  'http',
  'urn',
  'a+b.c-1',
  '1a',
  ':',
  '//',
  '/',
  '?',
  '#',
  '@',
  '[',
  ']',
  '[::1]',
  '[::ffff:1.2.3.4]',
  '[1:2]',
  '[v1.a:b]',
  '[v.a]',
  '[fe80::1%25a]',
  'example.org',
  '192.0.2.1',
  '1.1.1.256',
  ':80',
  ':8o',
  'a',
  '%41',
  '%4',
  '%',
  "-._~!$&'()*+,;=",
  ' ',
  '"',
  '<',
  '{',
  '|',
  '\\',
  '^',
  '`',
  '\n',
  'é',
  'user:pw@',
  '../../platform',
  '::',
);

/** Whether siwe's grammar parses this resource in a message. */
function siweReads(text: string): boolean {
  try {
    const { resources = [] } = new SiweMessage(`example.org wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2


URI: https://example.org
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24.000Z
Resources:
- ${text}`);
    return resources.length === 1 && resources[0] === text;
  } catch {
    return false;
  }
}

describe('a URI', () => {
  test.each([
    'ftp://ftp.is.co.za/rfc/rfc1808.txt',
    'http://www.ietf.org/rfc/rfc2396.txt',
    'ldap://[2001:db8::7]/c=GB?objectClass?one',
    'mailto:John.Doe@example.com',
    'news:comp.infosystems.www.servers.unix',
    'tel:+1-816-555-1212',
    'telnet://192.0.2.16:80/',
    'urn:oasis:names:specification:docbook:dtd:xml:4.1.2',
    'http://user:password@example.org:8080/a/b;c=d?e=f/?#g/?',
    'file:///etc/hosts',
    'a:',
    'urn:recap:eyJhdHQiOnt9fQ',
  ])('given %s, then it is one (RFC 3986 §1.1.2)', (text) => {
    expect(isUri(text)).toBe(true);
    expect(siweReads(text)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a relative reference', '/a/b'],
    ['a scheme that begins with a digit', '1a:b'],
    ['a space', 'http://a/b c'],
    ['a second line', 'urn:a\n- urn:b'],
    ['a line break at the end', 'urn:a\n'],
    ['half an escape', 'http://a/%4'],
    ['an escape that is none', 'http://a/%zz'],
    ['two fragments', 'http://a/#b#c'],
    ['brackets in a path', 'http://a/[b]'],
    ['an IP literal that is none', 'http://[1:2]/'],
    ['an IP literal with a zone', 'http://[fe80::1%25a]/'],
    ['a port that is no number', 'http://a:8o/'],
    ['two user parts', 'http://a@b@c/'],
    ['letters that are not ASCII', 'http://ex\u00e4mple.org/'],
  ])('given %s, then it is none', (_case, text) => {
    expect(isUri(text)).toBe(false);
    expect(siweReads(text)).toBe(false);
  });

  it('given any text, when the grammar of siwe reads it, then both say the same', () => {
    const texts = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string(),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, isUri(text)]).toEqual([text, siweReads(text)]);
      }),
    );
  });
});
