import { describe, expect, it } from '@jest/globals';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { Parameters } from './parameters';

/** Fragments of a form, valid and broken. */
const fragment = oneof(
  constantFrom('=', '&', '+', '%', '?', ';', '#', '%2', '%zz', '%00', '%26', '%3D', '%2B', '%25', '__proto__'),
  constantFrom('%C3%A9', '%c3', '%ff', '%C0%80', '%ED%A0%80', '%EF%BB%BF', '%F0%9F%98%80', '\ud800', '\udc00', 'é'),
  constantFrom('constructor', 'toString', 'a', 'a=b', '&&', '=='),
  string({ unit: 'binary' }),
);
const form = array(fragment, { maxLength: 30 }).map((parts) => parts.join(''));

/**
 * The platform's own parser. Characters beyond ASCII are escaped first, which makes no difference by the URL Standard: Node.js
 * misreads raw ones beside a broken escape.
 */
const platform = (text: string) =>
  new URLSearchParams(
    Buffer.from(text)
      .toString()
      .replaceAll(/[^\0-\x7f]/gu, encodeURIComponent),
  );

/** Every entry, by the one method that returns them all. */
const entriesOf = (text: string) => [...new URLSearchParams(Parameters.parse(text).without())];

describe('parameters', () => {
  it('given any text, when it is read, then its entries are those of URLSearchParams', () => {
    assert(
      property(form, (text) => {
        expect(entriesOf(text)).toEqual([...platform(text)]);
      }),
    );
  });

  it('given any text, when a parameter is asked for, then it is the first one, and none where that is empty', () => {
    assert(
      property(form, (text) => {
        const expected = platform(text);
        const read = Parameters.parse(text);

        for (const name of [...expected.keys(), 'absent', 'hasOwnProperty']) {
          expect(read.get(name)).toBe(expected.get(name) || undefined);
          expect(read.getAll(name)).toEqual(expected.getAll(name).filter((value) => value !== ''));
        }
        expect(read.hasRepeated()).toBe(new Set(expected.keys()).size < expected.size);
      }),
    );
  });

  it('given the name of a prototype, when it is read, then it is a parameter like any other', () => {
    const read = Parameters.parse('__proto__=a&constructor=b');

    expect([read.get('__proto__'), read.get('constructor'), read.get('toString')]).toEqual(['a', 'b', undefined]);
    expect(Parameters.parse('__proto__=a&__proto__=b').hasRepeated()).toBe(true);
  });

  it.each([
    ['parameters', 'a&'],
    ['escapes that are none', '%=%&'],
    ['bytes that are no UTF-8', '%ff=%C0&'],
    ['characters beyond ASCII', '%C3%A9&'],
    ['halves of pairs', '\ud800=\udc00&'],
  ])('given as many %s as a body can hold, when they are read, then it takes no time', (_what, piece) => {
    const text = piece.repeat(Math.floor(16_384 / piece.length));
    const read = () => {
      const begun = performance.now();
      const parameters = Parameters.parse(text);
      const found = [parameters.get('b'), parameters.hasRepeated()];
      return { found, ms: performance.now() - begun };
    };

    const all = Array.from({ length: 10 }, read);

    expect(all.map(({ found }) => found)).toEqual(all.map(() => [undefined, true]));
    // The minimum, as the machine may pause during any of them.
    expect(Math.min(...all.map(({ ms }) => ms))).toBeLessThan(40);
  });
});
