import { describe, expect, it } from '@jest/globals';
import { hashSecret, newId, newSecret } from '../credentials/secret';
import { newRefreshToken, parseRefreshToken, successorOf } from './refresh-token';

function parsed(token: string) {
  const shown = parseRefreshToken(token);
  if (shown === undefined) throw new Error('not a refresh token');
  return shown;
}

describe('a refresh token', () => {
  it('given a new one, when it is parsed, then it names its grant, and its hashes are those that the grant keeps', () => {
    const grantId = newId();

    const { token, current, family } = newRefreshToken(grantId);

    const shown = parsed(token);
    expect(shown).toMatchObject({ grantId, secretHash: current, familyHash: family });
    expect(token).toBe(`${grantId}.${shown.secret}`);
    expect(current).toBe(hashSecret(shown.secret));
    expect([current, family].some((hash) => token.includes(hash))).toBe(false);
  });

  it('given two of one grant, when they are made, then they share nothing but the grant', () => {
    const [one, other] = [newRefreshToken('g'.repeat(22)), newRefreshToken('g'.repeat(22))];

    expect(one.current).not.toBe(other.current);
    expect(one.family).not.toBe(other.family);
  });

  it('given a line of successors, when each is made from the one before, then all are of one family, with secrets of their own', () => {
    const grantId = newId();
    const line = [newRefreshToken(grantId)];
    for (let turn = 0; turn < 5; turn += 1) line.push(successorOf(parsed(line.at(-1)?.token ?? '')));

    expect(new Set(line.map(({ family }) => family)).size).toBe(1);
    expect(new Set(line.map(({ current }) => current)).size).toBe(line.length);
  });

  it.each([
    '',
    '.',
    newId(),
    `${newId()}.`,
    `.${'s'.repeat(64)}`,
    `${newId()}.${'s'.repeat(63)}`,
    `${newId()}.${'s'.repeat(65)}`,
    `${newId()}.${'s'.repeat(32)}.${'s'.repeat(31)}`,
    `${newId()}.${'s'.repeat(63)}=`,
    `${newId()}\n.${'s'.repeat(64)}`,
    `s${newId()}.${'s'.repeat(64)}`,
    ` ${newId()}.${'s'.repeat(64)}`,
    `${newId()}.${'s'.repeat(64)}\n`,
    ` ${newSecret()}`,
    `${newSecret()}\n`,
    's'.repeat(42),
    's'.repeat(44),
    newSecret(),
  ])('given a text that is none (%j), when it is parsed, then it is not one', (text) => {
    expect(parseRefreshToken(text)).toBeUndefined();
  });
});
