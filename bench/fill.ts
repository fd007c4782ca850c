import { randomBytes } from 'node:crypto';
import { type Abstract, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ChallengeStore } from '../src/challenges/challenge-store';
import { TombstoneStore } from '../src/challenges/tombstone-store';
import { Clock } from '../src/clock';
import { loadConfig } from '../src/config';
import { CoreModule } from '../src/core.module';
import { newId, newSecret } from '../src/credentials/secret';
import { createLogger } from '../src/logger';
import { StorageModule } from '../src/storage.module';
import { StoreInspector } from '../src/storage/store-inspector';

interface Ports {
  get<Port>(port: Abstract<Port>): Port;
}

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
  const context = await openPorts(env);
  const now = Date.now();
  const times = function* () {
    for (let count = 0; count < live; count += 1) yield now + hourMs + (count % (24 * hourMs));
    for (let count = 0; count < expired; count += 1) yield now - minuteMs - (count % (5 * minuteMs));
  };
  let waiting: Promise<unknown>[] = [];
  for (const [count, expiresAt] of [...times()].entries()) {
    waiting.push(count % 2 === 0 ? saveChallenge(context, expiresAt) : saveSpent(context, expiresAt));
    if (waiting.length < batch) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  await context.close();
}

/** A code that nobody has redeemed. */
async function saveChallenge(ports: Ports, expiresAt: number): Promise<void> {
  await ports.get(ChallengeStore).save({
    kind: 'authorization_code',
    id: newSecret(),
    clientId: 'demo-spa',
    redirectUri: 'http://127.0.0.1/callback',
    codeChallenge: newSecret(),
    grantId: newId(),
    scope: ['profile'],
    authentication: { sub: 'user0', amr: ['pwd'], authTime: Math.floor(expiresAt / 1000) },
    createdAt: expiresAt - minuteMs,
    expiresAt,
  });
}

/** What is left of a challenge that was redeemed. */
async function saveSpent(ports: Ports, expiresAt: number): Promise<void> {
  await ports.get(TombstoneStore).leave({
    kind: 'wallet_challenge',
    id: randomBytes(16).toString('hex'),
    grantId: newId(),
    clientId: 'demo-dapp',
    wallet: `0x${randomBytes(20).toString('hex')}`,
    chainId: 1,
    message: 'x'.repeat(300),
    spentAt: expiresAt - 15 * minuteMs,
    expiresAt,
  });
}

@Module({})
class OnlyTheStores {}

async function openPorts(env: Readonly<Record<string, string>>) {
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
