import { describe, expect, it } from '@jest/globals';
import { ClientStore } from '../../src/domain/clients/client-store';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { registerClient } from '../support/clients/registered';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post } from '../support/clients/wallet';

const { address } = newAccount();
const mixedCase = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';

describe.each(storesUnderTest)('/wallet/challenge on %s', (store) => {
  const service = fixture(() => startService(store));

  it.each<[reason: string, body: unknown]>([
    ['body_invalid', ''],
    ['body_invalid', '{'],
    ['body_invalid', 'null'],
    ['body_invalid', '[]'],
    ['body_invalid', '"0x"'],
    ['body_invalid', '{"address": 1, "__proto__": {}}'],
    ['address_invalid', {}],
    ['address_invalid', { address: null }],
    ['address_invalid', { address: 1 }],
    ['address_invalid', { address: '0x12' }],
    ['address_invalid', { address: address.slice(2) }],
    ['address_invalid', { address: mixedCase.replace('aA', 'aa') }],
    ['chain_id_invalid', { address, chainId: '1' }],
    ['chain_id_invalid', { address, chainId: 0 }],
    ['chain_id_invalid', { address, chainId: -1 }],
    ['chain_id_invalid', { address, chainId: 1.5 }],
    ['chain_id_invalid', { address, chainId: 2 ** 53 }],
    ['chain_id_invalid', { address, chainId: null }],
    ['client_id_invalid', { address, clientId: 7 }],
    ['client_id_invalid', { address, clientId: '' }],
    ['client_id_invalid', { address, clientId: 'nobody' }],
    ['client_id_invalid', { address, clientId: 'demo-spa' }],
    ['uri_invalid', { address, uri: 7 }],
    ['uri_invalid', { address, uri: '' }],
    ['uri_invalid', { address, uri: '/app' }],
    ['uri_invalid', { address, uri: 'http://localhost:1/app' }],
    ['uri_invalid', { address, uri: 'https://evil.example/' }],
    ['statement_invalid', { address, statement: 7 }],
    ['statement_invalid', { address, statement: '' }],
    ['statement_invalid', { address, statement: 'two\nlines' }],
    ['statement_invalid', { address, statement: '100 %' }],
    ['statement_invalid', { address, statement: 'a'.repeat(301) }],
    ['resources_invalid', { address, resources: 'ipfs://x' }],
    ['resources_invalid', { address, resources: [7] }],
    ['resources_invalid', { address, resources: ['no uri'] }],
    ['resources_invalid', { address, resources: ['relative'] }],
    ['resources_invalid', { address, resources: Array.from({ length: 11 }, () => 'urn:a:b') }],
    ['resources_invalid', { address, resources: [`urn:a:${'b'.repeat(251)}`] }],
  ])('given a mistake, when a challenge is asked for, then it is refused with %s: %j', async (reason, body) => {
    const answer = await post(service, '/wallet/challenge', body);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'invalid_request', error_description: expect.any(String), reason });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('given URIs that a parser reads as ours, when they are asked for, then each is refused', async () => {
    const { host } = new URL(service.url);
    const uris = [`http:/${host}/`, `http:${host}/`, `http:///${host}/`, `http://@${host}/`, `http://me:x@${host}/`]
      .concat([`http:\\\\${host}/`, `${service.url}@evil.example/`, `${service.url}.evil.example/`, `${service.url}0/`])
      .concat([`${service.url}\\@evil.example/`, `https://${host}/`, `\t${service.url}/`, `${service.url}/\n`]);

    const answers = await Promise.all(uris.map((uri) => post(service, '/wallet/challenge', { address, uri })));

    expect(answers.map(({ body }) => body['reason'])).toEqual(uris.map(() => 'uri_invalid'));
  });

  it.each([
    ['invalid_scope', 'scope_unknown', 'everything'],
    ['invalid_request', 'scope_invalid', 7],
  ])('given a scope that cannot be had, when it is asked for, then it is %s, %s: %j', async (error, reason, scope) => {
    const { status, body } = await post(service, '/wallet/challenge', { address, scope });

    expect(status).toBe(400);
    expect(body).toMatchObject({ error, reason });
  });

  it('given several mistakes, when a challenge is asked for, then the first field of docs/http-api.md is named', async () => {
    const answer = await post(service, '/wallet/challenge', { statement: '\n', uri: 7, chainId: 'x', address: '0x' });

    expect(answer.body['reason']).toBe('address_invalid');
  });

  it.each([
    ['another content type', { body: new URLSearchParams({ address }) }],
    ['no body', {}],
  ])('given %s, when a challenge is asked for, then the body is invalid', async (_what, sent) => {
    const response = await fetch(`${service.url}/wallet/challenge`, { method: 'POST', ...sent });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request', reason: 'body_invalid' });
  });

  it('given headers that name another host, when a challenge is asked for, then the message names the registered one', async () => {
    const response = await fetch(`${service.url}/wallet/challenge`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        origin: 'https://evil.example',
        referer: 'https://evil.example/',
      },
      body: JSON.stringify({ address }),
    });

    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await response.json()).message).toMatch(new RegExp(`^${service.url} wants`));
  });

  it('given two challenges for one account, when they are compared, then their nonces differ', async () => {
    const challenges = await Promise.all([challengeFor(service, { address }), challengeFor(service, { address })]);

    expect(new Set(challenges.map(({ nonce }) => nonce)).size).toBe(2);
  });

  it('given a client that may not refresh, when offline_access is asked for, then it is dropped', async () => {
    const clients = service.app.get(ClientStore);
    const demo = await clients.find('demo-dapp');
    if (demo === undefined) throw new Error('not seeded');
    await clients.save({ ...demo, clientId: 'narrow', scopes: ['openid'] });
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account, {
      clientId: 'narrow',
      scope: 'openid offline_access',
    });

    const { body } = await post(service, '/wallet/verify', {
      nonce,
      signature: await account.signMessage({ message }),
    });

    expect(body['scope']).toBe('openid');
    expect(body).not.toHaveProperty('refresh_token');
  });
});

describe('the settings of /wallet/challenge', () => {
  it('given EVM_RPC_URLS, when another chain is asked for, then it is unsupported', async () => {
    const service = await startService('lmdb', { EVM_RPC_URLS: `10=http://127.0.0.1:${await freePort()}` });

    const refused = await post(service, '/wallet/challenge', { address, chainId: 8453 });
    const byDefault = await post(service, '/wallet/challenge', { address });
    const allowed = await post(service, '/wallet/challenge', { address, chainId: 10 });

    await service.stop();
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: 'invalid_request', reason: 'chain_unsupported' });
    expect(byDefault.body).toMatchObject({ chainId: 10 });
    expect(allowed.status).toBe(201);
  });

  it('given production, when no client is named, then the client is invalid', async () => {
    const service = await startService('lmdb', { NODE_ENV: 'production', RATE_LIMIT: 'off' });

    const answer = await post(service, '/wallet/challenge', { address });

    await service.stop();
    expect(answer.body).toMatchObject({ error: 'invalid_request', reason: 'client_id_invalid' });
  });

  it('given WALLET_CHALLENGE_TTL, when a challenge is asked for, then it lives that long', async () => {
    const service = await startService('lmdb', { WALLET_CHALLENGE_TTL: '7' });

    const { issuedAt, expirationTime } = await challengeFor(service, { address });

    await service.stop();
    expect(Date.parse(expirationTime) - Date.parse(issuedAt)).toBe(7_000);
  });

  it('given a client with a lifetime of its own, when a challenge is asked for, then it lives that long, and no longer', async () => {
    const service = await startService('lmdb');
    const walletOrigin = 'https://dapp.example';
    const { clientId } = await registerClient(service, { walletOrigin, walletChallengeLifetime: 11 });
    const account = newAccount();

    const { nonce, message, issuedAt, expirationTime } = await challengeFor(service, account, { clientId });
    service.clock.advance(11_000);
    const late = await post(service, '/wallet/verify', { nonce, signature: await account.signMessage({ message }) });

    await service.stop();
    expect(Date.parse(expirationTime) - Date.parse(issuedAt)).toBe(11_000);
    expect(message).toContain(`Expiration Time: ${expirationTime}`);
    expect(late.body).toMatchObject({ reason: 'challenge_expired' });
  });

  it('given a client of https, when its challenge is asked for, then the message has no scheme', async () => {
    const service = await startService('lmdb');
    const clients = service.app.get(ClientStore);
    const demo = await clients.find('demo-dapp');
    if (demo === undefined) throw new Error('not seeded');
    await clients.save({ ...demo, clientId: 'dapp', walletOrigin: 'https://dapp.example' });

    const { message } = await challengeFor(service, { address }, { clientId: 'dapp', uri: 'https://dapp.example/in' });

    await service.stop();
    expect(message).toMatch(/^dapp\.example wants you to sign in/);
    expect(message).toContain('\nURI: https://dapp.example/in\n');
  });
});
