import { Inject, Injectable } from '@nestjs/common';
import { expiredChallengeKept } from '../challenges/challenge';
import { ChallengeIdTakenError, ChallengeStore } from '../challenges/challenge-store';
import type { Client } from '../clients/client';
import { fapi2ClientAlgorithms, isOfFapi2 } from '../clients/fapi2';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { hashSecret } from '../credentials/secret';
import { DpopError } from './dpop-error';
import { DpopNonces } from './dpop-nonces';
import { type DpopProof, proofLifetime, readDpopProof } from './dpop-proof';
import type { DpopRequest } from './dpop-request';

/** Seconds that a used proof is remembered beyond its life: the database sweeps by its own clock, which may be ahead. */
const rememberedLonger = 6;

/** What a protected resource asks of a proof besides. */
export interface BoundToken {
  readonly accessToken: string;
  /** The RFC 7638 thumbprint of the key that it is bound to. */
  readonly jkt: string;
}

/** Tells which key a request is proven by, once for each proof, in all processes together. Source: RFC 9449 §4.3, §11.1. */
@Injectable()
export class DpopProofs {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly nonces: DpopNonces,
  ) {}

  /**
   * The RFC 7638 thumbprint of the key; undefined without a proof, of a client that needs none. Without a proof, this costs
   * nothing. Throws: {@link DpopError}.
   */
  async prove(request: DpopRequest, client: Client, token?: BoundToken): Promise<string | undefined> {
    const isNeeded = client.dpopBoundAccessTokens === true || token !== undefined;
    if (request.proof === undefined && isNeeded) throw new DpopError('dpop_proof_missing');
    return this.proveIfShown(request, client, token);
  }

  /** The same where no client needs a proof. Throws: {@link DpopError}. */
  async proveIfShown(request: DpopRequest, client: Client, token?: BoundToken): Promise<string | undefined> {
    if (request.proof === undefined) return undefined;
    const { method, path } = request;
    const url = `${this.config.issuer}${path}`;
    const now = this.clock.now();
    const proof = readDpopProof(request.proof, { method, url, accessToken: token?.accessToken, now });
    const isWeak = proof !== undefined && isOfFapi2(client) && !fapi2ClientAlgorithms.includes(proof.alg);
    if (proof === undefined || isWeak) throw new DpopError('dpop_proof_invalid');
    if (token !== undefined && proof.jkt !== token.jkt) throw new DpopError('dpop_key_mismatch');
    if (client.dpopNonceRequired === true) this.assertNonce(proof, request);
    await this.consume(proof, client, now);
    return proof.jkt;
  }

  /** Every answer to such a client carries the nonce of the next proof. Source: RFC 9449 §8.2. */
  private assertNonce({ nonce }: DpopProof, request: DpopRequest): void {
    request.offerNonce(this.nonces.current());
    if (nonce === undefined || !this.nonces.includes(nonce)) throw new DpopError('use_dpop_nonce');
  }

  /** The `jti` of a key, which signs for no other: one write, and all that is ever kept of a proof. */
  private async consume({ jkt, jti, iat }: DpopProof, { clientId }: Client, now: number): Promise<void> {
    const id = hashSecret(`dpop ${jkt} ${jti}`);
    // The store keeps what has expired for a while longer, which is part of the time that a proof is remembered for.
    const expiresAt = (iat + proofLifetime + rememberedLonger - expiredChallengeKept) * 1000;
    try {
      await this.challenges.save({ kind: 'dpop_proof', id, clientId, createdAt: now, expiresAt });
    } catch (error) {
      throw error instanceof ChallengeIdTakenError ? new DpopError('dpop_proof_replayed') : error;
    }
  }
}
