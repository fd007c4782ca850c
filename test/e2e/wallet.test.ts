import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, me, newAccount, post, signIn } from '../support/clients/wallet';

describe.each(storesUnderTest)('a wallet login on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given an account, when it asks for a challenge, then it gets the message of its client and nothing else', async () => {
    const account = newAccount();

    const { status, headers, body } = await post(service, '/wallet/challenge', { address: account.address });

    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      nonce: expect.stringMatching(/^[a-zA-Z0-9]{22,}$/),
      message: [
        `${service.url} wants you to sign in with your Ethereum account:`,
        account.address,
        '',
        '',
        `URI: ${service.url}`,
        'Version: 1',
        'Chain ID: 1',
        `Nonce: ${String(body['nonce'])}`,
        `Issued At: ${String(body['issuedAt'])}`,
        `Expiration Time: ${String(body['expirationTime'])}`,
      ].join('\n'),
      address: account.address,
      chainId: 1,
      issuedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expirationTime: expect.any(String),
    });
    expect(Date.parse(String(body['expirationTime'])) - Date.parse(String(body['issuedAt']))).toBe(300_000);
  });

  it('given a signature of the message, when it is verified, then it gives tokens of the account', async () => {
    const account = newAccount();

    const { answer } = await signIn(service, account);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: '',
      address: account.address,
      chainId: 1,
    });
    const mine = await me(service, answer);
    expect(mine.status).toBe(200);
    expect(await mine.json()).toEqual({
      sub: `eip155:1:${account.address}`,
      client_id: 'demo-dapp',
      scope: '',
      amr: ['pop'],
      model: 'wallet',
      address: account.address,
    });
  });

  it('given another chain, when the account signs in, then it is the same subject and the chain is a claim', async () => {
    const account = newAccount();

    const { answer } = await signIn(service, account, { chainId: 8453, scope: 'openid' });

    expect(answer.body['chainId']).toBe(8453);
    for (const token of ['access_token', 'id_token']) {
      const claims = decodeJwt(String(answer.body[token]));
      expect(claims).toMatchObject({ sub: `eip155:1:${account.address}`, chain_id: 8453, amr: ['pop'] });
    }
  });

  it('given offline_access, when the account signs in, then it gets a refresh token that rotates', async () => {
    const { answer } = await signIn(service, newAccount(), { scope: 'openid offline_access' });

    const response = await fetch(`${service.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'demo-dapp',
        refresh_token: String(answer.body['refresh_token']),
      }),
    });

    expect(response.status).toBe(200);
    expect(answer.body['scope']).toBe('openid offline_access');
    const { access_token: accessToken } = await response.json();
    expect(decodeJwt(accessToken)).toMatchObject({ model: 'wallet', chain_id: 1 });
  });

  it('given the message instead of the nonce, when it is verified, then it gives tokens', async () => {
    const account = newAccount();
    const { message } = await challengeFor(service, account);
    const signature = await account.signMessage({ message });

    const { status } = await post(service, '/wallet/verify', { message, signature });

    expect(status).toBe(200);
  });

  it('given everything that may be asked for, when the account asks, then it stands in the message', async () => {
    const account = newAccount();
    const asked = {
      address: account.address.toLowerCase(),
      chainId: 10,
      clientId: 'demo-dapp',
      uri: `${service.url}/app?x=1#top`,
      statement: 'I accept the terms: https://example.org/terms',
      resources: ['ipfs://bafy', 'https://example.org/claim.json'],
    };

    const { status, body } = await post(service, '/wallet/challenge', asked);

    expect(status).toBe(201);
    expect(body['address']).toBe(account.address);
    expect(body['message']).toContain(`\n\n${asked.statement}\n\nURI: ${asked.uri}\nVersion: 1\nChain ID: 10\n`);
    expect(body['message']).toMatch(/\nResources:\n- ipfs:\/\/bafy\n- https:\/\/example\.org\/claim\.json$/);
  });
});
