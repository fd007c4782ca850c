import { webcrypto } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PasswordPool, PasswordsBusyError } from './password-pool';

/** Cheap: the tests are about the queue, not about Argon2. */
const options = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };
const task = (password: string) => ({ password, options });

describe('the threads for passwords', () => {
  const pools: PasswordPool[] = [];
  const poolOf = (threads: number, queue: number) => {
    const pool = new PasswordPool(threads, queue);
    pools.push(pool);
    return pool;
  };
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.end())));

  it('given a password, when it is hashed and checked, then only the same one matches', async () => {
    const pool = poolOf(1, 10);

    const passwordHash = String(await pool.run(task('password0')));

    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
    expect(await pool.run({ password: 'password0', passwordHash })).toBe(true);
    expect(await pool.run({ password: 'password1', passwordHash })).toBe(false);
  });

  it.each([
    [1, 2],
    [2, 5],
  ])('given %i threads and a queue of %i, when more come, then they are refused at once', async (threads, queue) => {
    const pool = poolOf(threads, queue);

    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => pool.run(task(`${index}`))));

    const refused = results.filter((each) => each.status === 'rejected');
    expect(results.length - refused.length).toBe(threads + queue);
    expect(refused.every(({ reason }) => reason instanceof PasswordsBusyError)).toBe(true);
    await expect(pool.run(task('later'))).resolves.toEqual(expect.any(String));
  });

  it('given passwords that are being hashed, when WebCrypto is asked meanwhile, then it does not wait for them', async () => {
    const pool = poolOf(1, 400);
    let hashed = 0;
    const all = Array.from({ length: 200 }, () => pool.run(task('password0')).then(() => (hashed += 1)));
    await Promise.any(all);

    for (let count = 0; count < 10; count += 1) await webcrypto.subtle.digest('SHA-256', Buffer.from('token'));
    const meanwhile = hashed;
    await Promise.all(all);

    expect(meanwhile).toBeLessThan(all.length);
  });

  it('given a hash that cannot be read, when it is compared, then it fails without quoting it, and the next one goes on', async () => {
    const pool = poolOf(1, 10);

    const failing = pool.run({ password: 'password0', passwordHash: 'not-a-hash' });

    await expect(failing).rejects.toThrow(/^The password hash cannot be read$/);
    await expect(pool.run(task('password0'))).resolves.toEqual(expect.any(String));
  });

  it('given a thread that fails, when the next password comes, then another thread takes it', async () => {
    const pool = poolOf(1, 10);
    const impossible = { password: 'password0', options: { ...options, memoryCost: 1 } };

    await expect(pool.run(impossible)).rejects.toThrow();

    await expect(pool.run(task('password0'))).resolves.toEqual(expect.any(String));
  });

  it('given its end, when passwords are under way, then they are refused, and the next one begins anew', async () => {
    const pool = poolOf(1, 10);
    const running = Promise.allSettled([pool.run(task('a')), pool.run(task('b'))]);

    await pool.end();

    expect((await running).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(pool.run(task('c'))).resolves.toEqual(expect.any(String));
  });
});
