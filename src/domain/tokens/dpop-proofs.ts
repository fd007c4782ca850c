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

/** Seconds that a used proof is kept beyond its life: the database sweeps by its own clock, which may be ahead. */
const rememberedLonger = 6;

/** Most cached keys: a client signs all of its proofs with one, whose import takes as long as a verification. */
const keysAtMost = 500;

/** The token that a proof must match at a protected resource. */
export interface BoundToken {
  readonly accessToken: string;
  /** RFC 7638 thumbprint of the key that the token is bound to. */
  readonly jkt: string;
}

/** A proof that is valid for its request. */
export interface ShownProof {
  /** RFC 7638 thumbprint of its key. */
  readonly jkt: string;
  /** The replay-cache record of the proof. */
  readonly used: UsedDpopProof;
}

/** Verifies the key that a request proves, with each proof accepted once in all processes. Source: RFC 9449 §4.3, §11.1. */
@Injectable()
export class DpopProofs {
  /** Keyed by the proofs' protected header, which contains the key and nothing of the request; the oldest first. */
  private readonly keys = new Map<string, ProofKey>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly nonces: DpopNonces,
  ) {}

  /**
   * RFC 7638 thumbprint of the proven key; undefined without a proof, if the client needs none. Without a proof this costs
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
   * The valid proof of a request, which may still be a replay: save it, and handle the result by {@link unlessReplayed}.
   * Throws: {@link DpopError}.
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

/** Keyed by `jti` and key: one write, and all that is ever stored of a proof. */
function usedProof({ jkt, jti, iat }: DpopProof, { clientId }: Client, now: number): UsedDpopProof {
  const id = hashSecret(`dpop ${jkt} ${jti}`);
  // The store keeps expired records for a while, which counts towards the time that a proof is kept.
  const expiresAt = (iat + proofLifetime + rememberedLonger - expiredChallengeKept) * 1000;
  return { kind: 'dpop_proof', id, clientId, createdAt: now, expiresAt };
}

/** Passes the result on. Throws: {@link DpopError} when the proof was used before. */
export async function unlessReplayed<Result>(keeping: Promise<Result>): Promise<Result> {
  try {
    return await keeping;
  } catch (error) {
    throw error instanceof ChallengeIdTakenError ? new DpopError('dpop_proof_replayed') : error;
  }
}
