import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { hashMessage } from 'viem';
import * as fc from 'fast-check';
import { SiweMessage } from 'siwe';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { s256 } from '../../src/domain/credentials/pkce';
import { newSecret } from '../../src/domain/credentials/secret';
import { refresh } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import {
  challengeFor,
  me,
  newAccount,
  nonceFor,
  post,
  signInByOwnMessage,
  writtenMessage,
} from '../support/clients/wallet';
import { fewerRuns } from '../support/run/property-runs';

const walletOrigin = 'https://dapp.example';
const callers = 50;

describe.each(storesUnderTest)('messages that wallets write, on %s', (store) => {
  /** Of a client whose end-users' wallets write the message. */
  let clientId: string;

  const service = fixture(() => startService(store, { EVM_CHAINS: '1,8453' }));
  beforeAll(async () => {
    ({ clientId } = await registerClient(service, { walletOrigin, walletMessage: 'wallet' }));
  });

  /** A nonce, and the message that a wallet wrote with it and signed. */
  async function signed(said: Parameters<typeof writtenMessage>[2] = {}, asked: object = {}) {
    const account = newAccount();
    const issued = await nonceFor(service, { clientId, ...asked });
    const message = writtenMessage(issued, account, said);
    return { account, issued, message, signature: await account.signMessage({ message }) };
  }

  const verify = (body: unknown) => post(service, '/wallet/verify', body);

  it.each<[what: string, change: (client: Client) => Client | undefined]>([
    ['that was removed', () => undefined],
    ['without an origin any more', ({ walletOrigin: _origin, ...client }) => client],
    ['whose messages the service writes by now', (client) => ({ ...client, walletMessage: 'server' })],
  ])(
    'given the nonce of a client %s, when its message is verified, then the challenge is unknown',
    async (_what, change) => {
      const clients = service.app.get(ClientStore);
      const client = await registerClient(service, { walletOrigin, walletMessage: 'wallet' });
      const { message, signature } = await signed({}, { clientId: client.clientId });
      const changed = change(client);
      await clients.remove(client.clientId);
      if (changed !== undefined) await clients.add(changed);

      expect((await verify({ message, signature })).body).toMatchObject({ reason: 'challenge_unknown' });
    },
  );

  it('given such a client, when it asks for a nonce, then it gets what the message must say, for as long as a challenge lives', async () => {
    const { status, headers, body } = await post(service, '/wallet/nonce', { clientId });

    const lifetime = Date.parse(String(body['expirationTime'])) - Date.parse(String(body['issuedAt']));
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      domain: 'dapp.example',
      uri: walletOrigin,
      version: '1',
      issuedAt: expect.stringMatching(/Z$/),
      expirationTime: expect.stringMatching(/Z$/),
    });
    expect(lifetime).toBe(300_000);
  });

  it('given a lifetime of the client’s own and a chain, when a nonce is asked for, then it has them', async () => {
    const slow = await registerClient(service, {
      walletOrigin,
      walletMessage: 'wallet',
      walletChallengeLifetime: 3_600,
    });

    const issued = await nonceFor(service, { clientId: slow.clientId, chainId: 8453 });

    expect(Date.parse(issued.expirationTime) - Date.parse(issued.issuedAt)).toBe(3_600_000);
    expect(issued.chainId).toBe(8453);
  });

  it.each<[error: string, reason: string, body: unknown]>([
    ['invalid_request', 'body_invalid', '{'],
    ['invalid_request', 'body_invalid', []],
    ['invalid_request', 'client_id_invalid', {}],
    ['invalid_request', 'client_id_invalid', { clientId: null }],
    ['invalid_request', 'client_id_invalid', { clientId: 'nobody' }],
    ['invalid_request', 'client_id_invalid', { clientId: 'demo-spa' }],
    ['invalid_request', 'client_id_invalid', { clientId: 'demo-dapp' }],
    ['invalid_request', 'chain_id_invalid', { clientId: 'THIS', chainId: '1' }],
    ['invalid_request', 'chain_id_invalid', { clientId: 'THIS', chainId: 0 }],
    ['invalid_request', 'chain_unsupported', { clientId: 'THIS', chainId: 5 }],
    ['invalid_request', 'scope_invalid', { clientId: 'THIS', scope: 7 }],
    ['invalid_scope', 'scope_unknown', { clientId: 'THIS', scope: 'nonsense' }],
    ['invalid_request', 'resource_indicators_invalid', { clientId: 'THIS', resourceIndicators: 'https://a.example' }],
    ['invalid_request', 'code_challenge_malformed', { clientId: 'THIS', codeChallenge: 'short' }],
    ['invalid_target', 'resource_unknown', { clientId: 'THIS', resourceIndicators: ['https://a.example'] }],
  ])('given a mistake, when a nonce is asked for, then it is %s, %s: %j', async (error, reason, body) => {
    const sent = typeof body === 'string' ? body : JSON.stringify(body).replace('THIS', clientId);

    const answer = await post(service, '/wallet/nonce', sent);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error, error_description: expect.any(String), reason });
  });

  it('given a message of the wallet’s own, when it is verified, then the account is who signed it, and siwe reads it too', async () => {
    const account = newAccount();

    const { issued, message, answer } = await signInByOwnMessage(service, account, { clientId, scope: 'openid' });

    const claims = decodeJwt(String(answer.body['access_token']));
    const grant = await service.app.get(GrantStore).findSuccessor('wallet_challenge', issued.nonce);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ address: account.address, chainId: 1, token_type: 'Bearer', scope: 'openid' });
    expect(claims).toMatchObject({ sub: `eip155:1:${account.address}`, chain_id: 1, client_id: clientId });
    expect(grant?.proof).toMatchObject({ wallet: account.address, messageHash: hashMessage(message).slice(2) });
    expect(new SiweMessage(message).nonce).toBe(issued.nonce);
    expect(await service.app.get(ChallengeStore).find('wallet_nonce', issued.nonce)).toBeUndefined();
  });

  it('given scopes and APIs, when one signs in, then the tokens are for them and rotate', async () => {
    const notes = await registerApi(service);
    const asked = { clientId, scope: 'offline_access notes:read', resourceIndicators: [notes.identifier] };

    const { answer } = await signInByOwnMessage(service, newAccount(), asked);
    const refreshed = await refresh(service, answer.body['refresh_token'], { client_id: clientId });

    expect(answer.body['scope']).toBe('notes:read');
    expect(decodeJwt(String(answer.body['access_token'])).aud).toBe(notes.identifier);
    expect(refreshed.status).toBe(200);
  });

  it('given everything that a message may have, when it is verified, then it gives tokens', async () => {
    const { message, signature } = await signed({
      scheme: 'https',
      uri: `${walletOrigin}/login?a=b#c`,
      chainId: 8453,
      statement: 'Welcome, whoever you are.',
      requestId: 'request-1',
      notBefore: new Date(service.clock.now() - 1_000),
      expirationTime: new Date(service.clock.now() + 60_000),
      resources: ['urn:recap:eyJhdHQiOnt9fQ'],
    });

    const { status, body } = await verify({ message, signature });

    expect({ status, chainId: body['chainId'] }).toEqual({ status: 200, chainId: 8453 });
  });

  // What else must fit is in src/protocols/wallet/validate-siwe-message.test.ts, and in that of parse-siwe-message.
  it.each<[what: string, alter: (message: string) => string]>([
    ['another domain', (text) => text.replace('dapp.example wants', 'evil.example wants')],
    ['a chain that may not sign in', (text) => text.replace('Chain ID: 1', 'Chain ID: 5')],
    ['an expiry that is over', (text) => `${text}\nExpiration Time: 2001-01-01T00:00:00Z`],
    ['other line ends', (text) => text.replaceAll('\n', '\r\n')],
  ])('given %s, when it is signed and verified, then it does not match and the nonce stays', async (_what, alter) => {
    const { account, message, signature } = await signed();
    const altered = alter(message);

    const refused = await verify({ message: altered, signature: await account.signMessage({ message: altered }) });
    const owner = await verify({ message, signature });

    expect(altered).not.toBe(message);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: 'invalid_grant', reason: 'message_mismatch' });
    expect(owner.status).toBe(200);
  });

  it('given a chain that was asked for, when the message names another, then it does not match', async () => {
    const { message, signature } = await signed({ chainId: 1 }, { chainId: 8453 });

    expect((await verify({ message, signature })).body['reason']).toBe('message_mismatch');
  });

  it('given a message with the nonce of another, when both are named, then it does not match', async () => {
    const [one, other] = [await signed(), await signed()];

    const answer = await verify({ nonce: one.issued.nonce, message: other.message, signature: other.signature });

    expect(answer.body['reason']).toBe('message_mismatch');
  });

  it('given a third party, when it asks for scopes, then the message must begin to state them as they were handed out', async () => {
    const partner = await registerClient(service, {
      walletOrigin,
      walletMessage: 'wallet',
      firstParty: false,
      name: 'Pärtner',
    });
    const asked = { clientId: partner.clientId, scope: 'openid profile' };
    const statement = String((await nonceFor(service, asked)).statement);

    const verified = async (statementOf: (statement: string) => string) => {
      const account = newAccount();
      const issued = await nonceFor(service, asked);
      const message = writtenMessage(issued, account).replace(`${statement}\n`, statementOf(statement));
      return verify({ message, signature: await account.signMessage({ message }) });
    };
    const answers = [
      await verified(() => ''),
      await verified(() => 'Sign in.\n'),
      await verified((handedOut) => `Do not believe this: ${handedOut}\n`),
      await verified((handedOut) => `${handedOut}\n`),
      await verified((handedOut) => `${handedOut} Welcome.\n`),
    ];

    expect(statement).toMatch(/^Sign in to Partner, which will be able to: .+\.$/);
    expect(answers.map(({ status, body }) => body['reason'] ?? status)).toEqual([
      'message_mismatch',
      'message_mismatch',
      'message_mismatch',
      200,
      200,
    ]);
  });

  it('given a nonce of each way, when it is answered the other way, then it is refused and stays', async () => {
    const { issued, message, signature } = await signed();
    const account = newAccount();
    const bound = await challengeFor(service, account, { clientId });
    const own = writtenMessage({ ...issued, nonce: bound.nonce }, account);

    const withoutMessage = await verify({ nonce: issued.nonce, signature });
    const withOwnMessage = await verify({ message: own, signature: await account.signMessage({ message: own }) });
    const finished = [
      await verify({ message, signature }),
      await verify({ nonce: bound.nonce, signature: await account.signMessage({ message: bound.message }) }),
    ];

    expect(withoutMessage.body).toMatchObject({ error: 'invalid_grant', reason: 'challenge_unknown' });
    expect(withOwnMessage.body).toMatchObject({ error: 'invalid_grant', reason: 'message_mismatch' });
    expect(finished.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('given the nonce of somebody else, when it is redeemed with a key of one’s own, then that account is signed in: nothing binds it', async () => {
    const { issued, message, signature } = await signed();
    const thief = newAccount();
    const stolen = writtenMessage(issued, thief);

    const theft = await verify({ message: stolen, signature: await thief.signMessage({ message: stolen }) });
    const victim = await verify({ message, signature });

    expect(theft.body).toMatchObject({ address: thief.address });
    expect(victim.body['reason']).toBe('challenge_used');
  });

  it('given a codeChallenge, when the nonce is stolen, then it is worth nothing without the codeVerifier', async () => {
    const codeVerifier = newSecret();
    const { issued, message, signature } = await signed({}, { codeChallenge: s256(codeVerifier) });
    const thief = newAccount();
    const stolen = writtenMessage(issued, thief);
    const byThief = { message: stolen, signature: await thief.signMessage({ message: stolen }) };

    const refused = [
      await verify(byThief),
      await verify({ ...byThief, codeVerifier: newSecret() }),
      await verify({ message, signature }),
    ];
    const victim = await verify({ message, signature, codeVerifier });

    expect(refused.map(({ body }) => body['reason'])).toEqual([
      'code_verifier_required',
      'code_verifier_mismatch',
      'code_verifier_required',
    ]);
    expect(victim.status).toBe(200);
  });

  it('given a signature by another account, when it is verified, then it is refused and the nonce stays', async () => {
    const { message, signature } = await signed();

    const refused = await verify({ message, signature: await newAccount().signMessage({ message }) });
    const malformed = await verify({ message, signature: '0x00' });
    const owner = await verify({ message, signature });

    expect(refused.body).toMatchObject({ error: 'invalid_grant', reason: 'signature_mismatch' });
    expect(malformed.body).toMatchObject({ error: 'invalid_request', reason: 'signature_malformed' });
    expect(owner.status).toBe(200);
  });

  it(`given one nonce, when ${callers} verify it at once, each with an account of its own, then one gets tokens`, async () => {
    const issued = await nonceFor(service, { clientId });
    const bodies = await Promise.all(
      Array.from({ length: callers }, async () => {
        const account = newAccount();
        const message = writtenMessage(issued, account);
        return { message, signature: await account.signMessage({ message }) };
      }),
    );

    const answers = await service.clock.standStill(() => Promise.all(bodies.map(verify)));

    const winners = answers.filter(({ status }) => status === 200);
    const losers = answers.filter(({ status }) => status !== 200);
    expect(winners).toHaveLength(1);
    expect(new Set(losers.map(({ body }) => body['reason']))).toEqual(new Set(['challenge_used']));
    for (const winner of winners) expect((await me(service, winner)).status).toBe(200);
  });

  it('given a nonce that was redeemed, when its message is replayed later, then what it issued is revoked', async () => {
    const { message, signature, answer } = await signInByOwnMessage(service, newAccount(), { clientId });
    service.clock.advance(3_000);

    const wrong = await verify({ message, signature: await newAccount().signMessage({ message }) });
    const before = await me(service, answer);
    const replay = await verify({ message, signature });

    expect([wrong.body['reason'], replay.body['reason']]).toEqual(['challenge_used', 'challenge_used']);
    expect(before.status).toBe(200);
    expect((await me(service, answer)).status).toBe(401);
  });

  it('given a nonce whose time is over, when its message is verified, whatever else is wrong, then it is expired', async () => {
    const { message, signature } = await signed();
    service.clock.advance(300_000);

    const answers = [await verify({ message, signature }), await verify({ message: `${message}\n`, signature: '0x' })];

    expect(answers.map(({ body }) => body['reason'])).toEqual(['challenge_expired', 'challenge_expired']);
  });

  it('given a client that may not any more, when its message is verified, then the nonce is unknown', async () => {
    const clients = service.app.get(ClientStore);
    const client = await registerClient(service, { walletOrigin, walletMessage: 'wallet' });
    const { message, signature } = await signed({}, { clientId: client.clientId });
    await clients.save({ ...client, walletMessage: 'server' });

    const { body } = await verify({ message, signature });

    expect(body['reason']).toBe('challenge_unknown');
  });

  it('given anything as a message, when it is verified, then it is an error response and the nonce stays', async () => {
    const { issued, message, signature } = await signed();
    const lines = message.split('\n');
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom(2_000, 12_000).map((length) => 'x'.repeat(length)),
      // The lines of the message in any order, and any of them more than once.
      fc
        .array(fc.constantFrom(...lines, '- urn:recap:e30', 'Resources:'), { maxLength: 20 })
        .map((some) => some.join('\n')),
      fc
        .tuple(fc.nat(message.length), fc.string({ maxLength: 3 }))
        .map(([at, text]) => `${message.slice(0, at)}${text || '\n'}${message.slice(at)}`),
    );

    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const answer = await verify({ nonce: issued.nonce, message: text, signature });
        expect(answer.status).toBe(400);
        expect(['message_mismatch', 'signature_mismatch']).toContain(answer.body['reason']);
      }),
      fewerRuns(60),
    );

    expect((await verify({ message, signature })).status).toBe(200);
  });
});
