import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { registerClient } from '../support/clients/registered';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post, signedChallenge, signIn, verify } from '../support/clients/wallet';

const { address } = newAccount();
const walletOrigin = 'https://dapp.example';

describe.each(storesUnderTest)('/wallet/challenge on %s', (store) => {
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

  it.each<[reason: string, body: unknown]>([
    ['body_invalid', ''],
    ['body_invalid', '{'],
    ['address_invalid', {}],
    ['address_invalid', { address: null }],
    ['address_invalid', { address: 1 }],
    ['address_invalid', { address: '0x12' }],
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
    ['statement_invalid', { address, statement: '100 %' }],
    ['resources_invalid', { address, resources: 'ipfs://x' }],
    ['resources_invalid', { address, resources: [7] }],
    ['resources_invalid', { address, resources: ['no uri'] }],
    ['resources_invalid', { address, resources: ['relative'] }],
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
    const { headers, body } = await post(
      service,
      '/wallet/challenge',
      { address },
      {
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        origin: 'https://evil.example',
        referer: 'https://evil.example/',
      },
    );

    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(body['message']).toMatch(new RegExp(`^${service.url} wants`));
  });

  it('given two challenges for one account, when they are compared, then their nonces differ', async () => {
    const challenges = await Promise.all([challengeFor(service, { address }), challengeFor(service, { address })]);

    expect(new Set(challenges.map(({ nonce }) => nonce)).size).toBe(2);
  });

  it('given a client that may not refresh, when offline_access is asked for, then it is dropped', async () => {
    const { clientId } = await registerClient(service, { walletOrigin, scopes: ['openid'] });

    const { body } = (await signIn(service, newAccount(), { clientId, scope: 'openid offline_access' })).answer;

    expect(body['scope']).toBe('openid');
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('given a client with a lifetime of its own, when a challenge is asked for, then it lives that long, and no longer', async () => {
    const { clientId } = await registerClient(service, { walletOrigin, walletChallengeLifetime: 11 });

    const { signature, ...challenge } = await signedChallenge(service, { clientId });
    service.clock.advance(11_000);
    const late = await verify(service, challenge, signature);

    const { message, issuedAt, expirationTime } = challenge;
    expect(Date.parse(expirationTime) - Date.parse(issuedAt)).toBe(11_000);
    expect(message).toContain(`Expiration Time: ${expirationTime}`);
    expect(late.body).toMatchObject({ reason: 'challenge_expired' });
  });
});

describe('the settings of /wallet/challenge', () => {
  it.each<[env: Record<string, string>, chains: readonly (readonly [asked: number | undefined, told: unknown])[]]>([
    [
      {},
      [
        [undefined, 1],
        [8453, 8453],
      ],
    ],
    [
      { EVM_RPC_URLS: '10=https://rpc.example' },
      [
        [undefined, 10],
        [10, 10],
        [1, 'chain_unsupported'],
      ],
    ],
    [
      { EVM_RPC_URLS: '10=https://rpc.example', EVM_CHAINS: '137,8453' },
      [
        [undefined, 137],
        [8453, 8453],
        [10, 'chain_unsupported'],
      ],
    ],
  ])(
    'given %j, when challenges are asked for on a chain or none, then each is on that, the first, or refused',
    async (env, chains) => {
      const service = await startService('lmdb', env);

      const answers = await Promise.all(
        chains.map(([chainId]) => post(service, '/wallet/challenge', { address, chainId })),
      );

      await service.stop();
      expect(answers.map(({ body }) => body['chainId'] ?? body['reason'])).toEqual(chains.map(([, told]) => told));
    },
  );

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
});
