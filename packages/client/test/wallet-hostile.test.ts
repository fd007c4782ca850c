import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Account, newAccount } from '../../../test/support/clients/wallet.ts';
import { type Members } from '../src/answer.ts';
import { TesseraError } from '../src/errors.ts';
import { createWalletLogin } from '../src/wallet/index.ts';
import { readSignInMessage, writeSignInMessage } from '../src/wallet/sign-in-message.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { keyProvider } from './support/key-provider.ts';
import { caught } from './support/caught.ts';
import { startIssuer } from './support/issuer.ts';
import { fewerRuns } from '../../../test/support/run/property-runs.ts';

const origin = 'https://dapp.example';
const nonce = '5f2d7e6a0c914b3f8a6de21795c0b438';
const times = { issuedAt: '2026-11-21T12:00:00.000Z', expirationTime: '2026-11-21T12:05:00.000Z' };
const accessToken = 'an-access-token-that-nobody-may-see';

type Answer = (path: string, body: Members) => Response | Promise<Response>;

/** A login at a service that answers as it is told, and what was sent to it. */
function loginAt(answer: Answer, issuer = 'https://login.example', scope?: string) {
  const sent: Members[] = [];
  const login = createWalletLogin({
    issuer,
    clientId: 'dapp',
    origin,
    scope,
    fetch: async (url, init) => {
      if (init?.body === undefined) return fetch(url, init);
      const body: Members = JSON.parse(String(init?.body));
      sent.push(body);
      return answer(new URL(url).pathname, body);
    },
  });
  return { login, sent };
}

/** What an honest service answers to a challenge; `said` and `answered` replace what the message and the answer say. */
function challengeFor(account: Account, said: object = {}, answered: object = {}): Response {
  const { address } = account;
  const message = writeSignInMessage({
    domain: 'dapp.example',
    address,
    uri: origin,
    chainId: 1,
    nonce,
    ...times,
    ...said,
  });
  return Response.json({ nonce, message, address, chainId: 1, ...times, ...answered }, { status: 201 });
}

const tokensFor = (account: Account, answered: object) =>
  Response.json({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: 900,
    address: account.address,
    chainId: 1,
    ...answered,
  });

/** An honest service, but for what its tokens, and the message and the answer of its challenge say. */
const honest =
  (account: Account, tokens: object = {}, said: object = {}, answered: object = said): Answer =>
  (path) =>
    path === '/wallet/verify' ? tokensFor(account, tokens) : challengeFor(account, said, answered);

const nonceAnswer = () =>
  Response.json({ nonce, domain: 'dapp.example', uri: origin, version: '1', chainId: 1, ...times }, { status: 201 });

/** Everything that an error shows to whoever logs it. */
const shown = (error: unknown) =>
  `${inspect(error, { depth: 10, showHidden: true })} ${String((error as Error).stack)} ${JSON.stringify(error)}`;

/** The credentials of a login: what it sent, and what it was given. */
const credentialsOf = (sent: readonly Members[]) =>
  [...sent.flatMap(({ signature, codeVerifier }) => [signature, codeVerifier]), accessToken].filter(
    (each): each is string => typeof each === 'string',
  );

function assertNoneIn(error: unknown, sent: readonly Members[]): void {
  for (const credential of credentialsOf(sent)) expect(shown(error)).not.toContain(credential);
}

describe('a service that is not ours', () => {
  const someoneElse = newAccount();

  it.each([
    ['another account in the message', { address: someoneElse.address }, {}],
    ['another account in the answer', {}, { address: someoneElse.address }],
    ['another domain', { domain: 'bank.example' }, {}],
    ['another scheme', { domain: 'http://dapp.example' }, {}],
    ['a domain that begins like ours', { domain: 'dapp.example.evil.example' }, {}],
    ['another chain in the message', { chainId: 8453 }, {}],
    ['another chain than the wallet’s', { chainId: 8453 }, { chainId: 8453 }],
    ['another nonce in the message', { nonce: `${nonce}0` }, {}],
    ['a statement of two lines', { statement: 'one\n\nURI: https://dapp.example' }, {}],
    ['a text that is no message', {}, { message: 'I owe you everything' }],
    ['no message', {}, { message: 7 }],
    ['a lifetime of a year', {}, { expirationTime: '2027-11-21T12:00:00.000Z' }],
    ['no lifetime', {}, { expirationTime: 'tomorrow' }],
    ['an end before the begin', {}, { expirationTime: '2026-11-21T11:00:00.000Z' }],
  ])('given a challenge with %s, then the wallet is not asked to sign it', async (_, said, answered) => {
    const wallet = keyProvider();
    const { login } = loginAt(() => challengeFor(wallet.account, said, answered));

    const error = await caught(login.signIn(wallet));

    expect(error).toMatchObject({ code: 'wallet_error', reason: 'message_unexpected' });
    expect(error.advice).toMatch(/Do not have it signed/);
    expect(wallet.asked).not.toContain('personal_sign');
  });

  it('given an honest challenge, when it is answered, then it is signed', async () => {
    const wallet = keyProvider();
    const { login } = loginAt(honest(wallet.account));

    await expect(login.signIn(wallet)).resolves.toMatchObject({ accessToken, address: wallet.account.address });
  });

  it.each([
    ['another account', { address: someoneElse.address }],
    ['no account', { address: undefined }],
    ['another chain', { chainId: 2 }],
  ])('given tokens for %s, when they come back, then they are not handed out', async (_, answered) => {
    const wallet = keyProvider();
    const { login, sent } = loginAt(honest(wallet.account, answered));

    const error = await caught(login.signIn(wallet));

    expect(error).toMatchObject({ code: 'wallet_error', reason: 'account_mismatch' });
    assertNoneIn(error, sent);
  });

  describe('with the scope openid', () => {
    const signing = fixture(startIssuer);

    /** What comes of a login whose answer has an ID token that says this. */
    async function signedIn(
      claims: object = {},
      {
        kid = 'one',
        chainId = 1,
        members = ['scope', 'id_token'],
      }: { kid?: string; chainId?: number; members?: string[] } = {},
    ) {
      const account = newAccount();
      const iat = Math.floor(Date.now() / 1000);
      const said = {
        iss: signing.url,
        aud: 'dapp',
        sub: `eip155:1:${account.address}`,
        iat,
        exp: iat + 300,
        ...claims,
      };
      const idToken = await signing.sign(said, { kid });
      const told = Object.entries({ scope: 'openid', id_token: idToken }).filter(([name]) => members.includes(name));
      const answered = { chainId, ...Object.fromEntries(told) };
      const { login } = loginAt(honest(account, answered, { chainId }), signing.url, 'openid');
      return login.signIn({ address: account.address, chainId, signMessage: (args) => account.signMessage(args) });
    }

    it('given its own ID token, when it is handed out, then its claims are told, also of an account on another chain', async () => {
      const [onFirst, onBase] = [await signedIn(), await signedIn({}, { chainId: 8453 })];

      expect(onFirst.claims?.sub).toBe(`eip155:1:${onFirst.address}`);
      expect(onBase).toMatchObject({ chainId: 8453, claims: { sub: `eip155:1:${onBase.address}` } });
    });

    it.each([
      ['for another client', 'id_token_invalid', 'aud', { aud: 'another' }, {}],
      ['of another issuer', 'id_token_invalid', 'iss', { iss: 'https://another.example' }, {}],
      ['of another access token', 'id_token_invalid', 'at_hash', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }, {}],
      ['by a key that is not the issuer’s', 'id_token_invalid', 'kid', {}, { kid: 'another' }],
      ['that is missing', 'id_token_invalid', undefined, {}, { members: ['scope'] }],
      ['that is missing, as is the scope', 'id_token_invalid', undefined, {}, { members: [] }],
      ['about another account', 'wallet_error', 'account_mismatch', { sub: `eip155:1:${someoneElse.address}` }, {}],
      ['about somebody with a password', 'wallet_error', 'account_mismatch', { sub: 'user0' }, {}],
    ])('given an ID token %s, when it comes back, then it is %s', async (_, code, reason, claims, options) => {
      const error = await caught(signedIn(claims, options));

      expect(error).toMatchObject({ code, reason });
    });
  });

  it('given an error response that repeats what was sent, when it is thrown, then no credential stands in it', async () => {
    const wallet = keyProvider();
    const { login, sent } = loginAt((path, body) => {
      if (path !== '/wallet/verify') return challengeFor(wallet.account);
      const echo = JSON.stringify(body);
      const error = {
        error: String(body['codeVerifier']),
        error_description: `refused: ${echo}`,
        reason: String(body['signature']),
      };
      return Response.json(error, { status: 400 });
    });

    const error = await caught(login.signIn(wallet));

    expect(credentialsOf(sent)).toHaveLength(3);
    assertNoneIn(error, sent);
  });

  it('given any answers at all, when somebody signs in, then it is tokens for that account, or an error without a credential', async () => {
    const account = newAccount();
    const status = fc.constantFrom(200, 201, 204, 301, 400, 401, 429, 500, 503);
    const answer = fc.record({ status, body: fc.oneof(fc.json(), fc.string()) });
    const verified = fc.oneof(
      answer,
      fc.record({ status, body: fc.constantFrom('access_token', 'address', 'chainId', 'token_type') }),
    );
    await fc.assert(
      fc.asyncProperty(answer, verified, fc.boolean(), async (first, second, isHonestAtFirst) => {
        const { login, sent } = loginAt((path) => {
          if (path === '/wallet/challenge' && isHonestAtFirst) return challengeFor(account);
          const { status: code, body } = path === '/wallet/challenge' ? first : second;
          return new Response(code === 204 ? null : body, { status: code });
        });
        assertNoneIn(await caught(login.signIn(keyProvider(account))), sent);
      }),
    );
  });

  it('given members of any kind in the answers, when somebody signs in, then nothing but such an error is thrown', async () => {
    const account = newAccount();
    const members = fc.dictionary(
      fc.constantFrom(
        'nonce',
        'message',
        'address',
        'chainId',
        'issuedAt',
        'expirationTime',
        'access_token',
        'token_type',
        'expires_in',
        'scope',
      ),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(members, members, async (challenge, tokens) => {
        const { login, sent } = loginAt(honest(account, tokens, {}, challenge));
        const result = await login.signIn(keyProvider(account)).catch((error: unknown) => error);
        if (!(result instanceof TesseraError))
          return expect(result).toMatchObject({ chainId: 1, address: account.address });
        assertNoneIn(result, sent);
      }),
    );
  });
});

describe('a wallet that answers what it likes', () => {
  const account = newAccount();

  it.each([
    [4001, 'wallet_rejected'],
    ['ACTION_REJECTED', 'wallet_rejected'],
    [4100, 'wallet_unauthorized'],
    [4200, 'wallet_method_unsupported'],
    [4900, 'wallet_disconnected'],
    [4901, 'wallet_disconnected'],
    [-32002, 'wallet_busy'],
    [-32603, 'wallet_failed'],
  ])('given code %s, when it is thrown, then the reason is %s, and there is something to do', async (code, reason) => {
    const wallet = keyProvider(account, {
      personal_sign: () => {
        throw Object.assign(new Error('wrapped'), { cause: { code } });
      },
    });

    const error = await caught(loginAt(honest(account)).login.signIn(wallet));

    expect(error).toMatchObject({ code: 'wallet_error', reason });
    expect(error.advice).not.toBe('');
  });

  it('given an error that quotes what it signed, when it is thrown, then the quote is not in ours', async () => {
    const wallet = keyProvider(account, {
      personal_sign: async ([message]: [string]) => {
        throw Object.assign(new Error(`could not send ${message}`), {
          signature: await account.signMessage({ message }),
        });
      },
    });

    const error = await caught(loginAt(honest(account)).login.signIn(wallet));

    expect(shown(error)).not.toContain('could not send');
    expect(shown(error)).not.toMatch(/0x[0-9a-f]{130}/);
  });

  it.each(['0x', '0x00', `0x${'00'.repeat(31)}`, `0x${'00'.repeat(8193)}`, 'signed', null, {}])(
    'given %j as signature, when it is returned, then it is not sent',
    async (signature) => {
      const { login, sent } = loginAt(honest(account));

      const error = await caught(login.signIn(keyProvider(account, { personal_sign: () => signature })));

      expect(error.reason).toBe('wallet_answer_invalid');
      expect(sent).toHaveLength(1);
    },
  );

  it('given any answers and any errors, when somebody signs in or connects, then it is our error and nothing of theirs is in it', async () => {
    const marker = 'what-only-the-wallet-knows';
    const value = fc.oneof(
      fc.anything(),
      fc.array(fc.string()),
      fc.constant([account.address]),
      fc.constant('0x1'),
      fc.constant(marker),
      fc.constant({
        accounts: [
          { address: account.address, capabilities: { signInWithEthereum: { message: marker, signature: marker } } },
        ],
      }),
    );
    const behaviour = fc.record({ value, isThrown: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(behaviour, behaviour, behaviour, fc.boolean(), async (first, second, third, connects) => {
        const behaviours = [first, second, third];
        const wallet = {
          async request() {
            const next = behaviours.shift() ?? third;
            if (next.isThrown) throw next.value;
            return next.value;
          },
        };
        const { login } = loginAt((path, body) =>
          path === '/wallet/nonce' ? nonceAnswer() : honest(account)(path, body),
        );
        const error = await caught(connects ? login.connect(wallet) : login.signIn(wallet));
        expect(shown(error)).not.toContain(marker);
      }),
    );
  });
});

describe('messages', () => {
  it('given any statement of one line, when a message is written and read, then its fields are what was written', () => {
    const line = fc.string().map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 2 ** 40 }), (statement, chainId) => {
        const written = { domain: 'dapp.example', address: newAccount().address, uri: origin, chainId, nonce };

        const read = readSignInMessage(writeSignInMessage({ ...written, ...times, statement }));

        // A statement that is empty is none. Source: EIP-4361, section ABNF Message Format.
        if (statement !== '') expect(read).toEqual(written);
      }),
      fewerRuns(50),
    );
  });

  it('given any text, when it is read, then nothing is thrown', () => {
    fc.assert(fc.property(fc.string(), (text) => void readSignInMessage(text)));
  });
});
