import { describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createViemConfig, SiweMessage } from 'siwe';
import { verifyMessage } from 'viem';
import { createSiweMessage, parseSiweMessage, validateSiweMessage } from 'viem/siwe';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, signedChallenge, signIn } from '../support/clients/wallet';

const asked = { chainId: 10, statement: 'Sign in to test.', resources: ['ipfs://bafy', 'https://example.org/x'] };

describe.each(storesUnderTest)('viem and siwe as judges on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given our message, when siwe judges a signature of it, then it is good for our domain, nonce and time', async () => {
    const { message, nonce, signature } = await signedChallenge(service, asked);
    const { host } = new URL(service.url);

    const judged = await new SiweMessage(message).verify(
      { signature, domain: host, nonce, scheme: 'http', uri: service.url, chainId: 10 },
      { config: await createViemConfig(), strict: true },
    );

    expect(judged.success).toBe(true);
    expect(new SiweMessage(message).warnings).toEqual([]);
  });

  it('given our message, when viem judges a signature of it, then it is good', async () => {
    const { account, message, nonce, address, signature } = await signedChallenge(service, asked);

    const parsed = parseSiweMessage(message);

    expect(await verifyMessage({ address: account.address, message, signature })).toBe(true);
    expect(validateSiweMessage({ message: parsed, domain: new URL(service.url).host, nonce, scheme: 'http' })).toBe(
      true,
    );
    expect(parsed).toMatchObject({ ...asked, address, uri: service.url, version: '1' });
  });

  it.each([{}, asked])('given our message, when viem writes its fields, then it is the same text', async (fields) => {
    const { message } = await challengeFor(service, newAccount(), fields);
    const { address, chainId, domain, nonce, uri, ...rest } = parseSiweMessage(message);
    if (!address || !chainId || !domain || !nonce || !uri) throw new Error('viem did not read the message');

    const written = createSiweMessage({ ...rest, address, chainId, domain, nonce, uri, version: '1' });

    expect(written).toBe(message);
  });

  it('given a client of https, when siwe and viem read its message, then both see its domain and no scheme', async () => {
    const { clientId } = await registerClient(service, { walletOrigin: 'https://dapp.example' });

    const { message } = await challengeFor(service, newAccount(), { clientId });

    expect(new SiweMessage(message)).toMatchObject({ domain: 'dapp.example', scheme: undefined });
    expect(parseSiweMessage(message)).toMatchObject({ domain: 'dapp.example', uri: 'https://dapp.example' });
  });

  it('given an account of viem, when it signs in, then jose verifies its tokens by our JWKS', async () => {
    const account = newAccount();
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', service.url));

    const { answer } = await signIn(service, account, { scope: 'openid' });

    const access = await jwtVerify(String(answer.body['access_token']), keys, {
      issuer: service.url,
      audience: service.url,
      typ: 'at+jwt',
    });
    const id = await jwtVerify(String(answer.body['id_token']), keys, { issuer: service.url, audience: 'demo-dapp' });
    const claims = { sub: `eip155:1:${account.address}`, chain_id: 1, account_proof: 'key', amr: ['pop'] };
    expect(access.payload).toMatchObject({ ...claims, model: 'wallet', client_id: 'demo-dapp', scope: 'openid' });
    expect(id.payload).toMatchObject(claims);
  });
});
