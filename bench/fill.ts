import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ChallengeStore } from '../src/domain/challenges/challenge-store';
import type { AuthorizationCode } from '../src/domain/challenges/challenge';
import { grantIdFor } from '../src/domain/challenges/grant';
import { Clock } from '../src/platform/clock';
import { loadConfig } from '../src/platform/config';
import { CoreModule } from '../src/core.module';
import { newId, newSecret } from '../src/domain/credentials/secret';
import { createLogger } from '../src/platform/logger';
import { StorageModule } from '../src/storage.module';
import { StoreInspector } from '../src/platform/storage/store-inspector';

export interface Filling {
  /** Records that outlive the run. */
  readonly live: number;
  /** Records that expired in the last minutes, for the sweep. */
  readonly expired: number;
}

/** What is written at once; MongoDB's driver lets them wait for its connections. */
const batch = 500;
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Fills the store that the settings select with what logins leave in it, through the service's own adapters. */
export async function fill(env: Readonly<Record<string, string>>, { live, expired }: Filling): Promise<void> {
  const context = await openStores(env);
  const challenges = context.get(ChallengeStore);
  const now = Date.now();
  const times = function* () {
    for (let count = 0; count < live; count += 1) yield now + hourMs + (count % (24 * hourMs));
    for (let count = 0; count < expired; count += 1) yield now - minuteMs - (count % (5 * minuteMs));
  };
  let waiting: Promise<unknown>[] = [];
  for (const [count, expiresAt] of [...times()].entries()) {
    waiting.push(count % 2 === 0 ? challenges.save(codeUntil(expiresAt)) : leaveGrant(challenges, expiresAt));
    if (waiting.length < batch) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  await context.close();
}

/** A code that nobody has redeemed. */
function codeUntil(expiresAt: number): AuthorizationCode {
  return {
    kind: 'authorization_code',
    id: newSecret(),
    clientId: 'demo-spa',
    redirectUri: 'http://127.0.0.1/callback',
    codeChallenge: newSecret(),
    scope: ['profile'],
    authentication: { sub: 'user0', amr: ['pwd'], authTime: Math.floor(expiresAt / 1000) },
    sessionId: newId(),
    createdAt: expiresAt - minuteMs,
    expiresAt,
  };
}

/** A grant without refresh tokens, as most logins leave one. */
async function leaveGrant(challenges: ChallengeStore, expiresAt: number): Promise<void> {
  const code = codeUntil(expiresAt);
  const { kind, id, clientId, scope, authentication, codeChallenge, createdAt } = code;
  await challenges.save(code);
  await challenges.redeem(kind, id, {}, createdAt, () => ({
    grant: {
      id: grantIdFor(kind, id),
      model: 'pkce',
      clientId,
      scope,
      authentication,
      proof: { codeChallenge },
      createdAt,
      expiresAt,
    },
  }));
}

@Module({})
class OnlyTheStores {}

async function openStores(env: Readonly<Record<string, string>>) {
  const config = loadConfig(env);
  const logger = createLogger({ write: () => undefined });
  const context = await NestFactory.createApplicationContext(
    {
      module: OnlyTheStores,
      imports: [CoreModule.register(config, logger, new Clock()), StorageModule.register(config)],
    },
    { logger: false, abortOnError: false },
  );
  await context.get(StoreInspector).ping();
  return context;
}
