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
/** How many times the budget of an address a /48 has. Source: docs/http-api.md, section Limits. */
const addressesOfSite = 10;

/** Requests a minute; routes that name the same limit are counted together. */
export interface Limit {
  readonly name: string;
  /** Of one IP address. */
  readonly address: number;
  /** Of one IP address about one subject. */
  readonly subject: number;
}

export interface RequestLimit extends Limit {
  /**
   * The username, client id, account or nonce that a request is about, in the one spelling that counts; undefined for a
   * request that does not count.
   */
  readonly subjectOf: (request: FastifyRequest) => string | undefined;
}

/** What a key may be counted for in a window of time, over all processes. */
export interface Budget {
  readonly key: string;
  readonly atMost: number;
}

/** A budget until its time is over, in milliseconds since the epoch; its key names what ends then. */
export interface TimedBudget extends Budget {
  readonly end: number;
}

/**
 * Counts attempts over all processes. A subject is counted together with the address that asks about it, so that nobody
 * can use up the attempts of an end-user who is somewhere else.
 */
@Injectable()
export class RateLimiter {
  private readonly spent = new SpentBudgets();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly counters: RateLimitStore,
  ) {}

  /** Whether anything is counted at all. */
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

  /** Counts one more of this minute, also where limits are off. Throws: 429 with `Retry-After`. */
  async countAlways({ name, address }: Pick<Limit, 'name' | 'address'>, client: ClientAddress): Promise<void> {
    await this.takeAll(this.current(minute, budgetsOf(client, name, address)));
  }

  /**
   * Counts one for each budget of this window of time (milliseconds), or for none. Once one of them is spent, nothing is
   * counted and nothing written any more until the window ends. Throws: 429 with `Retry-After`.
   */
  async take(window: number, budgets: readonly Budget[]): Promise<void> {
    if (this.isOn) await this.takeAll(this.current(window, budgets));
  }

  /** Undoes what {@link take} counted for this budget. */
  async giveBack(window: number, budget: Budget): Promise<void> {
    if (this.isOn) await this.giveBackAll(this.current(window, [budget]));
  }

  /**
   * Counts one for each budget until `end` (milliseconds since the epoch), also where limits are off; the key names what
   * ends then. Throws: 429 with `Retry-After`.
   */
  async takeUntil(end: number, budgets: readonly Budget[]): Promise<void> {
    await this.takeAll(budgets.map((budget) => ({ ...budget, end })));
  }

  /**
   * Counts one for each budget, those of a step at once and one step after the other, also where limits are off; or for
   * none, and returns one that is spent. Nobody uses up what others share by attempts that a budget of their own refuses.
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

  /** Undoes what {@link tryInSteps} counted for these budgets. */
  async giveBackAll(budgets: readonly TimedBudget[]): Promise<void> {
    const giveBack = async ({ key, end, atMost }: TimedBudget) => {
      if ((await this.counters.count(key, end, -1)) < atMost) this.spent.remove(key);
    };
    await Promise.all(budgets.map(giveBack));
  }

  /** The budgets of the current window of time (milliseconds). */
  current(window: number, budgets: readonly Budget[]): TimedBudget[] {
    const number = Math.floor(this.clock.now() / window);
    return budgets.map(({ key, atMost }) => ({ key: `${key} ${number}`, atMost, end: (number + 1) * window }));
  }

  /** 429 with `Retry-After`, for who would be one more. */
  refusal({ end }: TimedBudget): HttpError {
    const seconds = Math.max(1, Math.ceil((end - this.clock.now()) / 1000));
    return new HttpError('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }

  private async takeAll(budgets: readonly TimedBudget[]): Promise<void> {
    const spent = await this.tryInSteps([budgets]);
    if (spent !== undefined) throw this.refusal(spent);
  }

  /** Counts one for each, and returns the first that this is too much for. */
  private async count(budgets: readonly TimedBudget[]): Promise<TimedBudget | undefined> {
    const counts = await Promise.all(budgets.map(({ key, end }) => this.counters.count(key, end)));
    budgets.forEach(({ key, atMost }, at) => {
      // The last that is allowed spends it: the next one is refused without a look at the store.
      if ((counts[at] ?? 0) >= atMost) this.spent.add(key);
    });
    return budgets.find(({ atMost }, at) => (counts[at] ?? 0) > atMost);
  }
}

/** Of an IPv6 client that of its /64, and that of its /48. */
export function budgetsOf({ host, site }: ClientAddress, name: string, atMost: number, about = ''): Budget[] {
  const ofHost = { key: `${name} ${host}${about}`, atMost };
  if (site === undefined) return [ofHost];
  return [ofHost, { key: `${name} ${site}${about}`, atMost: atMost * addressesOfSite }];
}

/** What a network, a /24 or a /48, may have of a budget that all share: one that has many IP addresses has no more. */
export function shareOf({ ip }: Pick<ClientAddress, 'ip'>, name: string, atMost: number): Budget {
  return { key: `${name} of ${networkOf(ip)}`, atMost };
}
