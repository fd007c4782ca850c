import { expect, it } from '@jest/globals';
import { secretsEqual } from './secret';

it.each([
  ['secret', 'secret', true],
  ['secret', 'Secret', false],
  ['secret', 'secrets', false],
  ['', 'secret', false],
  ['é', 'é'.normalize('NFD'), false],
])('given %j and %j, when they are compared, then it is %j', (a, b, equal) => {
  expect(secretsEqual(a, b)).toBe(equal);
});
