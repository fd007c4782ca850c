import { Injectable } from '@nestjs/common';
import { RateLimiter, type TimedBudget } from '../../platform/http/rate-limiter';
import type { SignatureClaim } from './account-signer';
import { KnownHosts } from './known-hosts';
import { codeAnswersOfNonce, codeLimits } from './wallet-limits';

const minute = 60_000;
const hour = 60 * minute;
const name = 'wallet-code';

/** A wrong answer until it is known to be none. */
export interface Guess {
  /** The account signed. */
  wasRight(): Promise<void>;
  /** No node has judged it. */
  giveBack(): Promise<void>;
}

/**
 * Counts the signatures that only a node can refuse, so that nobody uses up through us what a node allows: those of a
 * challenge always, and, where limits are on, those of an account, a network and a chain. Challenge and account are counted
 * together with the host that asks, and of a chain a network has a share, so that no stranger elsewhere locks an owner out.
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
      // What a host that is known now used up there is not worth a write: it has a budget of its own from here on.
      wasRight: async () => this.limiter.giveBackAll((await this.hosts.remember(claim)) ? shared : all),
      giveBack: async () => this.limiter.giveBackAll(all),
    };
  }

  /** Of one challenge, and of one account, at one host. */
  private narrow({ wallet, chainId, attempt }: SignatureClaim): TimedBudget[] {
    const { nonce, expiresAt, client } = attempt;
    const ofNonce = { key: `${name} nonce ${nonce} ${client.host}`, atMost: codeAnswersOfNonce, end: expiresAt };
    if (!this.limiter.isOn) return [ofNonce];
    const ofAccount = { key: `${name} account ${chainId} ${wallet} ${client.host}`, atMost: codeLimits.account };
    return [ofNonce, ...this.limiter.current(hour, [ofAccount])];
  }

  /** Of one network, and then of the chain. */
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
