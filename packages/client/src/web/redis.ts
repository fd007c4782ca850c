/** `@tessera/client/web/redis`: the sessions of web applications in Redis, for several processes. */
import type { Locks } from '../locks.ts';
import { newSecret } from '../web-crypto.ts';
import type { SessionStore } from './session-store.ts';

/**
 * A connected client of Redis, or of what speaks its protocol: that of the package `redis` (`sendCommand`), or of `ioredis`
 * (`call`). For any other, such as a cluster's, an object with a `call` of your own.
 */
export type RedisClient = RedisCall | RedisSendCommand;

/** The used part of a client of `ioredis`. */
export interface RedisCall {
  /** Sends a command, and resolves to the reply. */
  call(command: string, ...args: string[]): PromiseLike<unknown>;
}

/** The used part of a client of the package `redis`. */
export interface RedisSendCommand {
  /** Sends a command, and resolves to the reply. */
  sendCommand(args: string[]): PromiseLike<unknown>;
}

/** What the keys in Redis begin with. */
export interface RedisOptions {
  /** `tessera:` by default. Applications with different prefixes can share a database. */
  readonly prefix?: string | undefined;
}

/**
 * The option `sessions` of a web application: sessions, pending logins, and what the issuer has ended, each with its expiry.
 * All processes see each other's, so a back-channel logout that reaches one ends the session at all. Redis must not evict keys
 * (`maxmemory-policy noeviction`, its default): without the record of its end, a session would go on.
 */
export function redisSessionStore(redis: RedisClient, { prefix = 'tessera:' }: RedisOptions = {}): SessionStore {
  return {
    async get(key) {
      const value = await send(redis, 'GET', prefix + key);
      return value === null ? undefined : String(value);
    },
    set: (key, value, lifetime) => send(redis, 'SET', prefix + key, value, 'PX', String(Math.ceil(lifetime * 1000))),
    remove: (key) => send(redis, 'DEL', prefix + key),
  };
}

/** Milliseconds between two tries: a refresh takes as long. */
const pauseMs = 25;
/** Only by its owner: after its time the lock may be another's. */
const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/**
 * The option `locks` of a web application with several processes: of concurrent refreshes of a session one is sent, and a
 * callback that reaches two processes is redeemed once. A process that is killed meanwhile holds a lock for 5 seconds.
 */
export function redisLocks(redis: RedisClient, { prefix = 'tessera:' }: RedisOptions = {}): Locks {
  return {
    async request(name, work, patience = 5_000) {
      const key = `${prefix}lock.${name}`;
      const owner = newSecret(crypto);
      const take = () => send(redis, 'SET', key, owner, 'NX', 'PX', String(patience));
      while ((await take()) === null) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      try {
        return await work();
      } finally {
        // If it cannot be released, it expires.
        await send(redis, 'EVAL', release, '1', key, owner).catch(() => undefined);
      }
    },
  };
}

async function send(redis: RedisClient, command: string, ...args: string[]): Promise<unknown> {
  // A client of `ioredis` has a `sendCommand` too, which takes something else.
  return 'call' in redis ? redis.call(command, ...args) : redis.sendCommand([command, ...args]);
}
