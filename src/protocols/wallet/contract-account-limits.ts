import { Injectable } from '@nestjs/common';
import { RateLimiter, type TimedBudget } from '../../platform/http/rate-limiter';
import type { SignatureClaim } from './account-signer';
import { KnownHosts } from './known-hosts';
import { codeAnswersOfNonce, codeLimits } from './wallet-limits';

const minute = 60_000;
const hour = 60 * minute;
const name = 'wallet-code';

/** Counts as a wrong answer until it proves right. */
export interface Guess {
  /** The account signed. */
  wasRight(): Promise<void>;
  /** No node has judged it. */
  giveBack(): Promise<void>;
}

/**
 * Limits signatures that only a node can refuse, so that nobody uses up our quota at the nodes: per challenge always, and, if
 * limits are on, per account, network and chain. Challenge and account are counted per asking host, and a network has only a
 * share of a chain, so that an attacker elsewhere cannot lock out an owner.
 */
@Injectable()
export class ContractAccountLimits {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly hosts: KnownHosts,
  ) {}

  /** Counts one before it is judged. Throws: 429 with `Retry-After`. */
  async take(claim: SignatureClaim): Promise<Guess> {
    const [narrow, shared] = [this.narrow(claim), this.shared(claim)];
    const spent = await this.limiter.tryInSteps([narrow, ...shared]);
    if (spent === undefined) return this.guess(claim, narrow, shared.flat());
    if (!(await this.hosts.has(claim))) throw this.limiter.refusal(spent);
    const own = this.ownOfKnownHost(claim);
    const ownSpent = await this.limiter.tryInSteps([own]);
    if (ownSpent !== undefined) throw this.limiter.refusal(ownSpent);
    return this.guess(claim, [], own);
  }

  private guess(claim: SignatureClaim, narrow: readonly TimedBudget[], shared: readonly TimedBudget[]): Guess {
    const all = [...narrow, ...shared];
    return {
      // A host that just became known gets nothing back: it has a budget of its own from now on.
      wasRight: async () => this.limiter.giveBackAll((await this.hosts.remember(claim)) ? shared : all),
      giveBack: async () => this.limiter.giveBackAll(all),
    };
  }

  /** The budgets of one challenge and of one account, for one host. */
  private narrow({ wallet, chainId, attempt }: SignatureClaim): TimedBudget[] {
    const { nonce, expiresAt, client } = attempt;
    const ofNonce = { key: `${name} nonce ${nonce} ${client.host}`, atMost: codeAnswersOfNonce, end: expiresAt };
    if (!this.limiter.isOn) return [ofNonce];
    const ofAccount = { key: `${name} account ${chainId} ${wallet} ${client.host}`, atMost: codeLimits.account };
    return [ofNonce, ...this.limiter.current(hour, [ofAccount])];
  }

  /** The budgets of one network, and then of the chain. */
  private shared({ chainId, attempt: { client } }: SignatureClaim): TimedBudget[][] {
    if (!this.limiter.isOn) return [];
    const { host, site } = client;
    const ofHost = { key: `${name} ${host}`, atMost: codeLimits.host };
    const ofSite = site === undefined ? [] : [{ key: `${name} ${site}`, atMost: codeLimits.site }];
    const ofChain = { key: `${name} chain ${chainId}`, atMost: codeLimits.chain };
    return [this.limiter.current(minute, [ofHost, ...ofSite]), this.limiter.current(minute, [ofChain])];
  }

  private ownOfKnownHost({ wallet, chainId, attempt: { client } }: SignatureClaim): TimedBudget[] {
    const own = { key: `${name} own ${chainId} ${wallet} ${client.host}`, atMost: codeLimits.known };
    return this.limiter.current(hour, [own]);
  }
}
