import { beforeAll, describe, expect, it } from '@jest/globals';
import { expiredChallengeKept } from '../../src/domain/challenges/challenge';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import type { Client } from '../../src/domain/clients/client';
import { DpopNonces } from '../../src/domain/tokens/dpop-nonces';
import { DpopProofs } from '../../src/domain/tokens/dpop-proofs';
import { type DpopKey, newDpopKey } from '../support/clients/dpop';
import { fixture } from '../support/run/fixture';
import { openEmptyStore } from '../support/stores/open-empty-store';

const client: Client = {
  clientId: 'client',
  name: 'A client',
  authentication: 'none',
  redirectUris: [],
  firstParty: true,
  scopes: [],
  idTokenAlgorithm: 'ES256',
  demo: false,
};
const ofFapi2: Client = {
  ...client,
  authentication: 'private_key_jwt',
  requirePushedAuthorizationRequests: true,
  dpopBoundAccessTokens: true,
};

describe('the proofs of keys', () => {
  const stores = fixture(() => openEmptyStore('lmdb'));
  const proofs = fixture(() => {
    const { config, clock } = stores;
    return new DpopProofs(config, clock, stores.get(ChallengeStore), new DpopNonces(config, clock));
  });
  const keys = new Map<string, DpopKey>();
  beforeAll(async () => {
    for (const alg of ['ES256', 'RS256', 'PS256']) keys.set(alg, await newDpopKey(stores.clock, alg));
  });

  const proofBy = async (alg: string, claims = {}, header = {}) =>
    (await keys.get(alg)?.proof({ url: `${stores.config.issuer}/token` }, claims, header)) ?? '';
  const read = (proof: string, by = client) =>
    proofs.read({ proof, method: 'POST', path: '/token', offerNonce: () => {} }, by);
  const refusal = (proof: string, by: Client) => {
    try {
      read(proof, by);
      return undefined;
    } catch (error) {
      return (error as { reason?: string }).reason;
    }
  };

  it('given a client of FAPI 2.0, when its proof is by RS256 or none, then it is invalid; PS256 and other clients may', async () => {
    const [weak, strong] = [await proofBy('RS256'), await proofBy('PS256')];

    expect([refusal(weak, ofFapi2), refusal('none', ofFapi2)]).toEqual(['dpop_proof_invalid', 'dpop_proof_invalid']);
    expect([refusal(strong, ofFapi2), refusal(weak, client)]).toEqual([undefined, undefined]);
  });

  it('given a proof, when it is read, then it is remembered for six seconds longer than it is valid', async () => {
    const iat = Math.floor(stores.clock.now() / 1000) - 20;
    const shown = read(await proofBy('ES256', { iat }));

    expect((shown?.used.expiresAt ?? 0) / 1000 + expiredChallengeKept).toBe(iat + 66);
  });

  it('given proofs with 600 headers, when they are read, then the keys of the latest 500 are remembered', async () => {
    const remembered = (proofs as unknown as { keys: Map<string, unknown> }).keys;
    remembered.clear();
    for (let count = 0; count < 600; count += 1) read(await proofBy('ES256', {}, { count }));
    const latest = [...remembered.keys()].at(-1) ?? '';

    expect(remembered.size).toBe(500);
    expect(JSON.parse(Buffer.from(latest, 'base64url').toString())).toMatchObject({ count: 599 });
  });
});
