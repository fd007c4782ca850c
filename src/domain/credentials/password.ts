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

/** Most waiting passwords: two or three seconds of work for one thread. */
const longestQueue = 64;
/** The minimum for one process among many, whose share of the requests may be larger. */
const leastQueue = 16;

const pool = new PasswordPool(passwordsAtOnce, longestQueue, cluster.isWorker ? turnsOfWorker : noOthers);

/** A hash with those options whose password nobody knows. */
const decoy = `$argon2id$v=19$m=${options.memoryCost},t=${options.timeCost},p=${options.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Argon2id in PHC format, with its own salt. Throws: PasswordsBusyError. */
export async function hashPassword(password: string): Promise<string> {
  return String(await pool.run({ password, options }));
}

/**
 * True when the password matches the hash, Argon2id or bcrypt. Without a hash it does the work of one of ours and returns
 * false, so that the time does not reveal whether a user exists. Throws: PasswordsBusyError.
 */
export async function passwordMatches(passwordHash: string | undefined, password: string): Promise<boolean> {
  const matched = await pool.run({ password, passwordHash: passwordHash ?? decoy });
  return passwordHash !== undefined && matched === true;
}

/** Whether another password would be refused now. */
export function passwordsAreBusy(): boolean {
  return pool.isFull;
}

/** Shares the queue with the other processes of the service; `processes` counts this one. */
export function sharePasswordQueue(processes: number): void {
  pool.limitQueue(Math.max(leastQueue, Math.floor(longestQueue / processes)));
}

/** Ends the threads of this process; passwords that are being hashed are refused. */
export async function endPasswordThreads(): Promise<void> {
  await pool.end();
}
