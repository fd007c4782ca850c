import cluster from 'node:cluster';
import type { Options } from '@node-rs/argon2';
import { ownCost } from './password-hash';
import { PasswordPool } from './password-pool';
import { noOthers, passwordsAtOnce, turnsOfWorker } from './password-turns';

/** Argon2id is the library's default algorithm. */
const options = {
  memoryCost: ownCost.memoryKib,
  timeCost: ownCost.passes,
  parallelism: ownCost.lanes,
} satisfies Options;

/** How many passwords may wait: with one thread two or three seconds. */
const longestQueue = 64;
/** Of one process among many, which may have been sent more than the others. */
const leastQueue = 16;

const pool = new PasswordPool(passwordsAtOnce, longestQueue, cluster.isWorker ? turnsOfWorker : noOthers);

/** A hash of those options that no password is known for. */
const decoy = `$argon2id$v=19$m=${options.memoryCost},t=${options.timeCost},p=${options.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Argon2id in PHC format, with a salt of its own. Throws: PasswordsBusyError. */
export async function hashPassword(password: string): Promise<string> {
  return String(await pool.run({ password, options }));
}

/**
 * True when the password is that of the hash, Argon2id or bcrypt. Without a hash it does the work of a hash of ours and
 * answers false, so that the time does not tell a user who exists from one who does not. Throws: PasswordsBusyError.
 */
export async function passwordMatches(passwordHash: string | undefined, password: string): Promise<boolean> {
  const matched = await pool.run({ password, passwordHash: passwordHash ?? decoy });
  return passwordHash !== undefined && matched === true;
}

/** Whether so many passwords wait that another one would be refused. */
export function passwordsAreBusy(): boolean {
  return pool.isFull;
}

/** Shares the queue with the other processes of the service, of which there are so many with this one. */
export function sharePasswordQueue(processes: number): void {
  pool.limitQueue(Math.max(leastQueue, Math.floor(longestQueue / processes)));
}

/** Ends the threads of this process; passwords that are being hashed are refused. */
export async function endPasswordThreads(): Promise<void> {
  await pool.end();
}
