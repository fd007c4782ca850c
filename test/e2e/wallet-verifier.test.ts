import { describe, expect, it } from '@jest/globals';
import { s256 } from '../../src/domain/credentials/pkce';
import { newSecret } from '../../src/domain/credentials/secret';
import { codeAccount } from '../support/evm/code-account';
import { startRpcNode } from '../support/evm/rpc-node';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, me, newAccount, post, signedChallenge } from '../support/clients/wallet';

describe.each(storesUnderTest)('both models at once on %s', (store) => {
  const node = fixture(() => startRpcNode(1));
  const service = fixture(() => startService(store, { EVM_RPC_URLS: `1=${node.url}` }));

  const verify = (body: Readonly<Record<string, unknown>>) => post(service, '/wallet/verify', body);

  /** A challenge with a codeChallenge, its verifier and the signature. */
  async function asked() {
    const codeVerifier = newSecret();
    return { codeVerifier, ...(await signedChallenge(service, { codeChallenge: s256(codeVerifier) })) };
  }

  it('given nonce and signature in strange hands, when they are sent without the verifier, or with another, then they are worth nothing', async () => {
    const { nonce, signature, codeVerifier } = await asked();

    const none = await verify({ nonce, signature });
    const others = [
      await verify({ nonce, signature, codeVerifier: newSecret() }),
      await verify({ nonce, signature, codeVerifier: '' }),
      await verify({ nonce, signature, codeVerifier: s256(codeVerifier) }),
      await verify({ nonce, signature, codeVerifier: `${codeVerifier} ` }),
    ];
    const owner = await verify({ nonce, signature, codeVerifier });

    expect(none.status).toBe(400);
    expect(none.body).toMatchObject({ error: 'invalid_grant', reason: 'code_verifier_required' });
    for (const { status, body } of others) {
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_grant', reason: 'code_verifier_mismatch' });
    }
    expect(owner.status).toBe(200);
  });

  it('given a wrong signature and a wrong verifier, when they are sent, then the signature is named', async () => {
    const { nonce, message } = await asked();
    const signature = await newAccount().signMessage({ message });

    const answers = [await verify({ nonce, signature }), await verify({ nonce, signature, codeVerifier: newSecret() })];

    expect(answers.map(({ body }) => body['reason'])).toEqual(['signature_mismatch', 'signature_mismatch']);
  });

  it('given a verifier for a challenge without one, when it is sent, then it is code_verifier_mismatch', async () => {
    const { nonce, signature } = await signedChallenge(service);

    const downgraded = await verify({ nonce, signature, codeVerifier: newSecret() });
    const plain = await verify({ nonce, signature });

    expect(downgraded.body).toMatchObject({ error: 'invalid_grant', reason: 'code_verifier_mismatch' });
    expect(plain.status).toBe(200);
  });

  it.each([null, 7, '', 'x', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}+`, ['a'.repeat(43)]])(
    'given %j as codeChallenge, when a challenge is asked for, then it is code_challenge_malformed',
    async (codeChallenge) => {
      const { address } = newAccount();

      const answer = await post(service, '/wallet/challenge', { address, codeChallenge });

      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ error: 'invalid_request', reason: 'code_challenge_malformed' });
    },
  );

  it.each([null, 7, ['x']])('given %j as codeVerifier, when it comes, then it is refused', async (codeVerifier) => {
    const { nonce, signature } = await asked();

    const answer = await verify({ nonce, signature, codeVerifier });

    expect(answer.body).toMatchObject({ error: 'invalid_request', reason: 'body_invalid' });
  });

  it('given a redeemed challenge, when the signature comes again later, then only with the verifier its tokens end', async () => {
    const { nonce, signature, codeVerifier } = await asked();
    const answer = await verify({ nonce, signature, codeVerifier });
    service.clock.advance(3_000);

    const seen = await verify({ nonce, signature });
    const alive = await me(service, answer);
    const replayed = await verify({ nonce, signature, codeVerifier });
    const ended = await me(service, answer);

    expect([seen.body['reason'], replayed.body['reason']]).toEqual(['challenge_used', 'challenge_used']);
    expect([alive.status, ended.status]).toEqual([200, 401]);
  });

  it('given a signature that anybody can make, when only one has the verifier, then only that one signs in', async () => {
    // What was approved on chain is no secret.
    const account = codeAccount(node, { says: () => true });
    const codeVerifier = newSecret();
    const { nonce } = await challengeFor(service, account, { codeChallenge: s256(codeVerifier) });
    const signature = `0x${'00'.repeat(32)}`;

    const stranger = await verify({ nonce, signature, codeVerifier: newSecret() });
    const owner = await verify({ nonce, signature, codeVerifier });

    expect([stranger.body['reason'], owner.status]).toEqual(['code_verifier_mismatch', 200]);
  });
});
