// A thread of password-pool.ts. In JavaScript, because a thread has no compiler, neither in tests nor in development.
'use strict';

const { readlinkSync } = require('node:fs');
const { constants, setPriority } = require('node:os');
const { parentPort } = require('node:worker_threads');
const { hashSync, verifySync } = require('@node-rs/argon2');

/** Loaded with the first hash that needs it. */
const bcrypt = () => require('@node-rs/bcrypt');

giveWay();

parentPort.on('message', ({ password, passwordHash, options }) => {
  parentPort.postMessage(passwordHash === undefined ? hashed(password, options) : verified(passwordHash, password));
});

function hashed(password, options) {
  return { result: hashSync(password, options) };
}

function verified(passwordHash, password) {
  try {
    return {
      result: passwordHash.startsWith('$2')
        ? bcryptMatches(passwordHash, password)
        : verifySync(passwordHash, password),
    };
  } catch {
    // Its own message may quote the hash.
    return { error: 'The password hash cannot be read' };
  }
}

/**
 * Of a longer password the first 72 bytes count, as where the hash was made. One with a NUL byte is never right, as it can
 * never be set there: bcrypt ends a password with a NUL and repeats it, so `abc` and `abc\0abc` would be one password.
 */
function bcryptMatches(passwordHash, password) {
  const isRight = bcrypt().verifySync(password, passwordHash);
  return isRight && !password.includes('\0');
}

/** Lets whatever else is to be done go first where there are not enough cores. Linux alone knows a thread's priority. */
function giveWay() {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Another system, or one without /proc: the thread is like any other.
  }
}
