import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds; a refresh that has to be repeated takes less. */
const patience = 60_000;
const pause = 25;

/** The lock files that this process holds. */
const held = new Set();
/** The one that the work under way holds. */
const holding = new AsyncLocalStorage();

/**
 * Excludes each other of all processes that keep tokens in the file at `path`, whatever the lock is called: the file is written
 * as a whole. Who holds it is in `path`.lock; one of a process that has ended is taken over. Throws after a minute in vain.
 *
 * @param {string} path
 * @returns {import('@tessera/client').Locks}
 */
export function fileLocks(path) {
  const lock = `${path}.lock`;

  async function take() {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    for (const until = Date.now() + patience; !isTaken(lock); await delay(pause)) {
      if (Date.now() > until) throw new Error(`Another process holds ${lock}: if none is running, remove ${lock}*`);
    }
    held.add(lock);
  }

  return {
    async request(_name, work) {
      // A login that is finished keeps its tokens within: another name, and the same file.
      if (holding.getStore() === lock) return work();
      await take();
      try {
        return await holding.run(lock, work);
      } finally {
        held.delete(lock);
        rmSync(lock);
      }
    },
  };
}

/**
 * Whether it is ours now. It is linked and not opened, so that it says whose it is as soon as it is there.
 *
 * @param {string} lock
 */
function isTaken(lock) {
  const mine = `${lock}.${process.pid}.${randomUUID()}`;
  writeFileSync(mine, `${process.pid} ${hostname()}`, { mode: 0o600 });
  try {
    return isMade(() => linkSync(mine, lock)) || (isLeft(lock) && isTakenOver(mine, lock));
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * One at a time, and each looks again: whoever saw the former owner before another took over would else take it from that one.
 *
 * @param {string} mine
 * @param {string} lock
 */
function isTakenOver(mine, lock) {
  const turn = `${lock}.turn`;
  if (!isMade(() => mkdirSync(turn))) return false;
  try {
    const isStillLeft = isLeft(lock);
    if (isStillLeft) renameSync(mine, lock);
    return isStillLeft;
  } finally {
    rmdirSync(turn);
  }
}

/**
 * Whether its owner has ended, as far as this machine can tell.
 *
 * @param {string} lock
 */
function isLeft(lock) {
  try {
    const [pid = '', host] = readFileSync(lock, 'utf8').split(' ');
    if (host !== hostname()) return false;
    // The number was another process's before.
    if (Number(pid) === process.pid) return !held.has(lock);
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // Neither one that was given back meanwhile, nor a process of another user.
    return codeOf(error) === 'ESRCH';
  }
}

/**
 * False where it is there already.
 *
 * @param {() => void} make
 */
function isMade(make) {
  try {
    make();
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
