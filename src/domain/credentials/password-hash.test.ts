import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import * as fc from 'fast-check';
import { hashPassword, passwordMatches } from './password';
import { isPasswordHash, isWeakerThanOwn } from './password-hash';
import { fewerRuns } from '../../../test/support/run/property-runs';

const salt = 'c29tZXNhbHQ';
const digest = 'RdescudvJCsgt3ub+b27Yszj5yBGDBOxHvaUOSK0Ys8';
const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

describe('hashes of passwords from elsewhere', () => {
  it('given what we and others write, when it is checked, then it is accepted, and logins work', async () => {
    const others = await hash('correct horse', { memoryCost: 8_192, timeCost: 1, parallelism: 4 });

    expect([isPasswordHash(await hashPassword('correct horse')), isPasswordHash(others)]).toEqual([true, true]);
    expect(await passwordMatches(others, 'correct horse')).toBe(true);
  });

  it.each(['m=262144,t=10,p=8', 'm=64,t=1,p=8', 'm=8,t=1,p=1'])(
    'given %s, when it is checked, then it is accepted',
    (cost) => {
      expect(isPasswordHash(`$argon2id$v=19$${cost}$${salt}$${digest}`)).toBe(true);
    },
  );

  it.each([
    ['no hash', 'password0'],
    ['nothing', ''],
    ['Argon2i', `$argon2i$v=19$m=65536,t=2,p=1$${salt}$${digest}`],
    ['an older version', `$argon2id$v=16$m=65536,t=2,p=1$${salt}$${digest}`],
    ['no version', `$argon2id$m=65536,t=2,p=1$${salt}$${digest}`],
    ['more memory', `$argon2id$v=19$m=262145,t=2,p=1$${salt}$${digest}`],
    ['too little memory for its lanes', `$argon2id$v=19$m=63,t=2,p=8$${salt}$${digest}`],
    ['more passes', `$argon2id$v=19$m=65536,t=11,p=1$${salt}$${digest}`],
    ['no pass', `$argon2id$v=19$m=65536,t=0,p=1$${salt}$${digest}`],
    ['more lanes', `$argon2id$v=19$m=65536,t=2,p=9$${salt}$${digest}`],
    ['no lane', `$argon2id$v=19$m=65536,t=2,p=0$${salt}$${digest}`],
    ['a short salt', `$argon2id$v=19$m=65536,t=2,p=1$c29t$${digest}`],
    ['a short digest', `$argon2id$v=19$m=65536,t=2,p=1$${salt}$Rdes`],
    ['a digest that is not canonical', `$argon2id$v=19$m=65536,t=2,p=1$${salt}$${digest.slice(0, -1)}9`],
    ['no salt', `$argon2id$v=19$m=65536,t=2,p=1$$${digest}`],
    ['something behind it', `$argon2id$v=19$m=65536,t=2,p=1$${salt}$${digest}\n`],
    ['bcrypt in its faulty form', bcrypt.replace('$2a$', '$2x$')],
    ['bcrypt without a form', bcrypt.replace('$2a$', '$2$')],
    ['bcrypt of less cost', bcrypt.replace('$05$', '$03$')],
    ['bcrypt of more cost', bcrypt.replace('$05$', '$15$')],
    ['bcrypt of a cost of one digit', bcrypt.replace('$05$', '$5$')],
    ['bcrypt whose salt is not canonical', bcrypt.replace('C.E5', 'C/E5')],
    ['bcrypt whose digest is not canonical', `${bcrypt.slice(0, -1)}X`],
    ['a short bcrypt', bcrypt.slice(0, -1)],
    ['bcrypt with something behind it', `${bcrypt}\n`],
  ])('given %s, when it is checked, then it is refused', (_what, phc) => {
    expect(isPasswordHash(phc)).toBe(false);
  });
});

describe('hashes of bcrypt', () => {
  // Test vectors published by Openwall with crypt_blowfish.
  const longest = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const vectors: readonly [string, string][] = [
    ['U*U', bcrypt],
    ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
    ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
    [`${longest}chars after 72 are ignored`, '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'],
  ];

  it.each(vectors)(
    'given the vector of %s, when it is checked, then it alone matches, in each form',
    async (password, made) => {
      for (const form of ['$2a$', '$2b$', '$2y$']) {
        const stored = made.replace('$2a$', form);
        expect([isPasswordHash(stored), await passwordMatches(stored, password)]).toEqual([true, true]);
        expect(await passwordMatches(stored, password.slice(0, 60).slice(0, -1))).toBe(false);
        expect(await passwordMatches(stored, `-${password}`)).toBe(false);
        expect(await passwordMatches(stored, '')).toBe(false);
      }
    },
  );

  it('given more than 72 bytes, when only what is behind them differs, then it matches, and not when what is before does', async () => {
    const [, made = ''] = vectors.at(-1) ?? [];

    expect(await passwordMatches(made, longest)).toBe(true);
    expect(await passwordMatches(made, `${longest}ü`)).toBe(true);
    expect(await passwordMatches(made, longest.slice(0, 71))).toBe(false);
    expect(await passwordMatches(made, `${longest.slice(0, 71)}ü`)).toBe(false);
  });

  it.each(['U*U\0', 'U*U\0U*U', 'U*U\0x', '\0U*U'])(
    'given a NUL byte in %j, when it is checked, then it never matches',
    async (password) => {
      expect(await passwordMatches(bcrypt, password)).toBe(false);
    },
  );

  it('given any password, when it is compared with its own hash and those of others, then it alone matches, as far as bcrypt reads', async () => {
    const password = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0'));

    await fc.assert(
      fc.asyncProperty(password, password, fc.constantFrom('2a', '2b', '2y'), async (one, other, version) => {
        const stored = (await bcryptHash(one, { cost: 4 })).replace(/^\$2.\$/, `$${version}$`);

        expect(isPasswordHash(stored)).toBe(true);
        expect(await passwordMatches(stored, one)).toBe(true);
        expect(await passwordMatches(stored, other)).toBe(readByBcrypt(one) === readByBcrypt(other));
      }),
      fewerRuns(60),
    );
  });
});

describe('hashes that are weaker than ours', () => {
  it.each([
    ['bcrypt', bcrypt, true],
    ['bcrypt of a high cost', bcrypt.replace('$05$', '$14$'), true],
    ['less memory, and as much work', `$argon2id$v=19$m=12288,t=4,p=1$${salt}$${digest}`, true],
    ['as much memory, and less work', `$argon2id$v=19$m=19456,t=1,p=1$${salt}$${digest}`, true],
    ['ours', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${digest}`, false],
    ['more memory, and as much work', `$argon2id$v=19$m=47104,t=1,p=1$${salt}$${digest}`, false],
    ['more of all', `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${digest}`, false],
  ])('given %s, when it is asked, then the answer is whether it is to be upgraded', (_what, stored, isWeaker) => {
    expect(isWeakerThanOwn(stored)).toBe(isWeaker);
  });
});

function readByBcrypt(password: string): string {
  return Buffer.from(password).subarray(0, 72).toString('hex');
}
