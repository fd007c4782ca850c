import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { hashSecret } from '../../domain/credentials/secret';
import { RateLimiter } from '../../platform/http/rate-limiter';
import { RateLimitStore } from '../../platform/http/rate-limit-store';
import type { SignatureClaim } from './account-signer';
import { knownHostsLimits } from './wallet-limits';

const day = 86_400_000;

/** An account, and the host that it signs in from. */
type SignIn = Pick<SignatureClaim, 'wallet' | 'chainId' | 'attempt'>;

/**
 * Hosts from which an account has signed in: there it has a budget that nobody elsewhere can use up. Only a right signature
 * makes a host known. A wallet's requests come from other origins, without cookies, so the IP address identifies the host.
 */
@Injectable()
export class KnownHosts {
  constructor(
    private readonly clock: Clock,
    private readonly limiter: RateLimiter,
    private readonly counters: RateLimitStore,
  ) {}

  /** Whether the account has signed in from there before; always false if limits are off. */
  async has(signIn: SignIn): Promise<boolean> {
    return this.limiter.isOn && this.counters.has(keyOf(signIn), this.clock.now());
  }

  /** False when it is not stored: limits are off, or its network has reached the daily limit. */
  async remember(signIn: SignIn): Promise<boolean> {
    if (!this.limiter.isOn) return false;
    const { host, site = host } = signIn.attempt.client;
    const ofNetwork = { key: `known hosts ${site}`, atMost: knownHostsLimits.perDay };
    if ((await this.limiter.tryInSteps([this.limiter.current(day, [ofNetwork])])) !== undefined) return false;
    await this.counters.count(keyOf(signIn), this.clock.now() + knownHostsLimits.days * day);
    return true;
  }
}

/** Hashed, because it is kept for longer than an IP address in the audit trail. */
function keyOf({ wallet, chainId, attempt }: SignIn): string {
  return `known host ${hashSecret(`${chainId} ${wallet} ${attempt.client.host}`)}`;
}
