import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import type { ClientAddress } from './client-address';
import { HttpError } from './http-error';
import { networkOf } from './network';
import { RateLimitStore } from './rate-limit-store';
import { SpentBudgets } from './spent-budgets';

const minute = 60_000;
/** The budget of a /48 in multiples of an IP address's. Source: docs/http-api.md, section Limits. */
const addressesOfSite = 10;

/** Requests a minute; routes with the same limit share its counters. */
export interface Limit {
  readonly name: string;
  /** For one IP address. */
  readonly address: number;
  /** For one IP address and one subject. */
  readonly subject: number;
}

export interface RequestLimit extends Limit {
  /** The canonical username, client id, account or nonce of a request; undefined for a request that is not counted. */
  readonly subjectOf: (request: FastifyRequest) => string | undefined;
}

/** The most that a key may be counted in a time window, over all processes. */
export interface Budget {
  readonly key: string;
  readonly atMost: number;
}

/** A budget with the end of its time, in milliseconds since the epoch; the key identifies what ends then. */
export interface TimedBudget extends Budget {
  readonly end: number;
}

/**
 * Counts attempts over all processes. A subject is counted per asking IP address, so that nobody can use up the attempts of an
 * end-user elsewhere.
 */
@Injectable()
export class RateLimiter {
  private readonly spent = new SpentBudgets();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly counters: RateLimitStore,
  ) {}

  /** Whether limits are on. */
  get isOn(): boolean {
    return this.config.rateLimit;
  }

  /** Throws: 429 with `Retry-After`. */
  async assertAllowed({ name, address, subject }: Limit, client: ClientAddress, about: string): Promise<void> {
    await this.take(minute, [
      ...budgetsOf(client, name, address),
      ...budgetsOf(client, name, subject, ` ${hash('sha256', about, 'base64url')}`),
    ]);
  }

  /** Counts one in the current minute, even if limits are off. Throws: 429 with `Retry-After`. */
  async countAlways({ name, address }: Pick<Limit, 'name' | 'address'>, client: ClientAddress): Promise<void> {
    await this.takeAll(this.current(minute, budgetsOf(client, name, address)));
  }

  /**
   * Counts one for every budget of this time window (milliseconds), or for none. Once a budget is spent, nothing is counted or
   * written until the window ends. Throws: 429 with `Retry-After`.
   */
  async take(window: number, budgets: readonly Budget[]): Promise<void> {
    if (this.isOn) await this.takeAll(this.current(window, budgets));
  }

  /** Undoes {@link take} for this budget. */
  async giveBack(window: number, budget: Budget): Promise<void> {
    if (this.isOn) await this.giveBackAll(this.current(window, [budget]));
  }

  /**
   * Counts one for each budget until `end` (milliseconds since the epoch), even if limits are off; the key identifies what ends
   * then. Throws: 429 with `Retry-After`.
   */
  async takeUntil(end: number, budgets: readonly Budget[]): Promise<void> {
    await this.takeAll(budgets.map((budget) => ({ ...budget, end })));
  }

  /**
   * Counts one for every budget, step by step, even if limits are off; or for none, and returns a spent budget. Attempts that a
   * caller's own budget refuses do not use up a shared one.
   */
  async tryInSteps(steps: readonly (readonly TimedBudget[])[]): Promise<TimedBudget | undefined> {
    const known = steps.flat().find(({ key }) => this.spent.has(key));
    if (known !== undefined) return known;
    const counted: TimedBudget[] = [];
    for (const step of steps) {
      const over = await this.count(step);
      counted.push(...step);
      if (over === undefined) continue;
      await this.giveBackAll(counted);
      return over;
    }
    return undefined;
  }

  /** Undoes {@link tryInSteps} for these budgets. */
  async giveBackAll(budgets: readonly TimedBudget[]): Promise<void> {
    const giveBack = async ({ key, end, atMost }: TimedBudget) => {
      if ((await this.counters.count(key, end, -1)) < atMost) this.spent.remove(key);
    };
    await Promise.all(budgets.map(giveBack));
  }

  /** The budgets for the current time window (milliseconds). */
  current(window: number, budgets: readonly Budget[]): TimedBudget[] {
    const number = Math.floor(this.clock.now() / window);
    return budgets.map(({ key, atMost }) => ({ key: `${key} ${number}`, atMost, end: (number + 1) * window }));
  }

  /** 429 with `Retry-After` for a spent budget. */
  refusal({ end }: TimedBudget): HttpError {
    const seconds = Math.max(1, Math.ceil((end - this.clock.now()) / 1000));
    return new HttpError('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }

  private async takeAll(budgets: readonly TimedBudget[]): Promise<void> {
    const spent = await this.tryInSteps([budgets]);
    if (spent !== undefined) throw this.refusal(spent);
  }

  /** Counts one for each; returns the first exceeded one. */
  private async count(budgets: readonly TimedBudget[]): Promise<TimedBudget | undefined> {
    const counts = await Promise.all(budgets.map(({ key, end }) => this.counters.count(key, end)));
    budgets.forEach(({ key, atMost }, at) => {
      // The last allowed request spends the budget: the next one is refused without a read of the store.
      if ((counts[at] ?? 0) >= atMost) this.spent.add(key);
    });
    return budgets.find(({ atMost }, at) => (counts[at] ?? 0) > atMost);
  }
}

/** For an IPv6 client, the budgets of its /64 and its /48. */
export function budgetsOf({ host, site }: ClientAddress, name: string, atMost: number, about = ''): Budget[] {
  const ofHost = { key: `${name} ${host}${about}`, atMost };
  if (site === undefined) return [ofHost];
  return [ofHost, { key: `${name} ${site}${about}`, atMost: atMost * addressesOfSite }];
}

/** The share of a common budget for one network, a /24 or a /48: having many IP addresses gives no more. */
export function shareOf({ ip }: Pick<ClientAddress, 'ip'>, name: string, atMost: number): Budget {
  return { key: `${name} of ${networkOf(ip)}`, atMost };
}
