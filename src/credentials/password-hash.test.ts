import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { hashPassword, passwordMatches } from './password';
import { isPasswordHash } from './password-hash';

const salt = 'c29tZXNhbHQ';
const digest = 'RdescudvJCsgt3ub+b27Yszj5yBGDBOxHvaUOSK0Ys8';

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
    ['bcrypt', '$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW'],
  ])('given %s, when it is checked, then it is refused', (_what, phc) => {
    expect(isPasswordHash(phc)).toBe(false);
  });
});
