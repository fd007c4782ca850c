import { hash, type Options, verify } from '@node-rs/argon2';

/** What OWASP asks of Argon2id, which is the library's default algorithm: 19 MiB, two passes, one lane. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/** A hash of those options that no password is known for. */
const decoy = `$argon2id$v=19$m=${options.memoryCost},t=${options.timeCost},p=${options.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Argon2id in PHC format, with a salt of its own. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, options);
}

/**
 * True when the password is that of the hash. Without a hash it does the same work and answers false, so that the time
 * does not tell a user who exists from one who does not.
 */
export async function passwordMatches(passwordHash: string | undefined, password: string): Promise<boolean> {
  const matched = await verify(passwordHash ?? decoy, password);
  return passwordHash !== undefined && matched;
}
