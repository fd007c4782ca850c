import { Inject, Injectable } from '@nestjs/common';
import { expiredChallengeKept, type UsedDpopProof } from '../challenges/challenge';
import { ChallengeIdTakenError, ChallengeStore } from '../challenges/challenge-store';
import type { Client } from '../clients/client';
import { fapi2ClientAlgorithms, isOfFapi2 } from '../clients/fapi2';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { hashSecret } from '../credentials/secret';
import { DpopError } from './dpop-error';
import { DpopNonces } from './dpop-nonces';
import { type DpopProof, type ProofKey, proofLifetime, readDpopProof, readProofKey } from './dpop-proof';
import type { DpopRequest } from './dpop-request';

/** Seconds that a used proof is remembered beyond its life: the database sweeps by its own clock, which may be ahead. */
const rememberedLonger = 6;

/** Keys that are remembered: a client signs all of its proofs with one, whose import takes as long as a verification. */
const keysAtMost = 500;

/** What a protected resource asks of a proof besides. */
export interface BoundToken {
  readonly accessToken: string;
  /** The RFC 7638 thumbprint of the key that it is bound to. */
  readonly jkt: string;
}

/** A proof that is good for the request that shows it. */
export interface ShownProof {
  /** The RFC 7638 thumbprint of its key. */
  readonly jkt: string;
  /** What is kept of it, so that it is used once. */
  readonly used: UsedDpopProof;
}

/** Tells which key a request is proven by, once for each proof, in all processes together. Source: RFC 9449 §4.3, §11.1. */
@Injectable()
export class DpopProofs {
  /** By the protected header of the proofs, which holds the key and nothing of a request; the oldest first. */
  private readonly keys = new Map<string, ProofKey>();

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
    const proof = this.read(request, client, token);
    if (proof === undefined) return undefined;
    await unlessReplayed(this.challenges.save(proof.used));
    return proof.jkt;
  }

  /**
   * The proof that a request shows, which is good for it but may have been used before: to be kept, or refused by
   * {@link unlessReplayed}. Throws: {@link DpopError}.
   */
  read(request: DpopRequest, client: Client, token?: BoundToken): ShownProof | undefined {
    if (request.proof === undefined) return undefined;
    const { method, path } = request;
    const url = `${this.config.issuer}${path}`;
    const now = this.clock.now();
    const expectation = { method, url, accessToken: token?.accessToken, now };
    const proof = readDpopProof(request.proof, expectation, (header) => this.keyIn(header));
    const isWeak = proof !== undefined && isOfFapi2(client) && !fapi2ClientAlgorithms.includes(proof.alg);
    if (proof === undefined || isWeak) throw new DpopError('dpop_proof_invalid');
    if (token !== undefined && proof.jkt !== token.jkt) throw new DpopError('dpop_key_mismatch');
    if (client.dpopNonceRequired === true) this.assertNonce(proof, request);
    return { jkt: proof.jkt, used: usedProof(proof, client, now) };
  }

  private keyIn(header: string): ProofKey | undefined {
    const known = this.keys.get(header);
    if (known !== undefined) return known;
    const key = readProofKey(header);
    if (key === undefined) return undefined;
    this.keys.set(header, key);
    const [oldest] = this.keys.keys();
    if (this.keys.size > keysAtMost && oldest !== undefined) this.keys.delete(oldest);
    return key;
  }

  /** Every answer to such a client carries the nonce of the next proof. Source: RFC 9449 §8.2. */
  private assertNonce({ nonce }: DpopProof, request: DpopRequest): void {
    request.offerNonce(this.nonces.current());
    if (nonce === undefined || !this.nonces.includes(nonce)) throw new DpopError('use_dpop_nonce');
  }
}

/** The `jti` of a key, which signs for no other: one write, and all that is ever kept of a proof. */
function usedProof({ jkt, jti, iat }: DpopProof, { clientId }: Client, now: number): UsedDpopProof {
  const id = hashSecret(`dpop ${jkt} ${jti}`);
  // The store keeps what has expired for a while longer, which is part of the time that a proof is remembered for.
  const expiresAt = (iat + proofLifetime + rememberedLonger - expiredChallengeKept) * 1000;
  return { kind: 'dpop_proof', id, clientId, createdAt: now, expiresAt };
}

/** The same, of a proof that is kept. Throws: {@link DpopError} when it was kept before. */
export async function unlessReplayed<Result>(keeping: Promise<Result>): Promise<Result> {
  try {
    return await keeping;
  } catch (error) {
    throw error instanceof ChallengeIdTakenError ? new DpopError('dpop_proof_replayed') : error;
  }
}
