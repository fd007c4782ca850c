import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type Hex, hexToBytes, numberToHex, parseSignature, serializeSignature, toHex } from 'viem';
import { codeAccount, wrapped } from '../support/evm/code-account';
import { reverted, startRpcNode, type Verdict } from '../support/evm/rpc-node';
import { refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import {
  type Answer,
  challengeFor,
  keySigner,
  me,
  newAccount,
  type Signer,
  signInWith,
  verify,
} from '../support/clients/wallet';

const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const chainId = 8453;
const withoutRpc = 137;

describe.each(storesUnderTest)('accounts that their code speaks for on %s', (store) => {
  const node = fixture(() => startRpcNode(chainId));
  const service = fixture(() =>
    startService(store, {
      EVM_RPC_URLS: `${chainId}=${node.url}`,
      EVM_CHAINS: `${chainId},${withoutRpc}`,
    }),
  );
  beforeAll(async () => {
    // The endpoint says once of which chain it is.
    await verified(codeAccount(node));
  });
  beforeEach(() => {
    node.asked.length = 0;
  });

  /** A login on the chain. */
  const verified = (signer: Signer, asked: Readonly<Record<string, unknown>> = {}) =>
    signInWith(service, signer, { chainId, ...asked });

  it('given code that says yes, when its account signs in, then its subject is of that chain, and one call was made', async () => {
    const account = codeAccount(node);

    const { answer } = await verified(account, { scope: 'openid' });

    const claims = { sub: `eip155:${chainId}:${account.address}`, chain_id: chainId, account_proof: 'code' };
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ address: account.address, chainId });
    expect(claimsOf(answer, 'access_token')).toMatchObject({ ...claims, amr: ['pop'] });
    expect(claimsOf(answer, 'id_token')).toMatchObject(claims);
    expect(node.asked).toEqual(['eth_call']);
    const profile = await (await me(service, answer)).json();
    expect(profile).toMatchObject({ sub: claims.sub, model: 'wallet', address: account.address });
  });

  it('given an account with code, when it signs with its own key, then it is that person on every chain, and no node is asked', async () => {
    const account = newAccount();
    node.accounts.set(account.address, { isDeployed: true, says: () => false });

    const { answer } = await verified(keySigner(account));

    expect(answer.status).toBe(200);
    const claims = { sub: `eip155:1:${account.address}`, chain_id: chainId, account_proof: 'key' };
    expect(claimsOf(answer, 'access_token')).toMatchObject(claims);
    expect(node.asked).toEqual([]);
  });

  it('given an account that is not deployed, when its signature comes wrapped, then it is its, and one call was made', async () => {
    const account = codeAccount(node, { isDeployed: false });

    const { answer } = await verified({ ...account, sign: (message) => wrapped(account.sign(message)) });

    expect(answer.status).toBe(200);
    expect(claimsOf(answer, 'access_token').sub).toBe(`eip155:${chainId}:${account.address}`);
    expect(node.asked).toEqual(['eth_call']);
  });

  it('given 65 bytes that the code takes, when they are verified, then its code was looked for: two calls', async () => {
    const account = codeAccount(node);

    const { answer } = await verified({ ...account, sign: (message) => account.sign(message, 65) });

    expect(answer.status).toBe(200);
    expect(node.asked).toEqual(['eth_call', 'eth_getCode']);
  });

  it.each([32, 64, 66, 130, 8192])(
    'given %i bytes that the code takes, when they are verified, then it is 200',
    async (size) => {
      const account = codeAccount(node);

      const { answer } = await verified({ ...account, sign: (message) => account.sign(message, size) });

      expect(answer.status).toBe(200);
    },
  );

  it('given 8193 bytes, when they are verified, then they are signature_invalid, and no node is asked', async () => {
    const account = codeAccount(node);

    const { answer } = await verified({ ...account, sign: (message) => account.sign(message, 8193) });

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_request', reason: 'signature_invalid' });
    expect(node.asked).toEqual([]);
  });

  it.each<[what: string, otherwise: Verdict]>([
    ['says no', false],
    ['reverts', reverted],
    [
      'reverts with a reason that looks like a limit',
      { code: -32_000, message: 'execution reverted: rate limit exceeded' },
    ],
    ['reverts, as an older node tells it', { code: -32_015, message: 'VM execution error.', data: 'Reverted 0x' }],
    ['runs out of gas', { code: -32_000, message: 'out of gas' }],
    ['runs out of gas, as revm tells it', { code: -32_003, message: 'EVM error OutOfGas' }],
    ['reverts with more than an answer may be', { ...reverted, data: `0x${'00'.repeat(100_000)}` }],
    [
      'reverts with a reason longer than an answer may be',
      { code: -32_000, message: `execution reverted: ${'x'.repeat(100_000)}` },
    ],
  ])(
    'given code that %s, when another signs, then it is signature_mismatch, and the account still signs in',
    async (_, otherwise) => {
      const account = codeAccount(node, { otherwise });
      const { challenge, answer } = await verified({ ...account, sign: () => toHex(new Uint8Array(96)) });

      const owner = await verify(service, challenge, account.sign(challenge.message));

      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ error: 'invalid_grant', reason: 'signature_mismatch' });
      expect(owner.status).toBe(200);
    },
  );

  it('given a wrapper around what the code refuses, when it is verified, then it is signature_mismatch after one call', async () => {
    const account = codeAccount(node, { isDeployed: false, otherwise: reverted });

    const { answer } = await verified({ ...account, sign: () => wrapped(toHex(new Uint8Array(96))) });

    expect(answer.body['reason']).toBe('signature_mismatch');
    expect(node.asked).toEqual(['eth_call']);
  });

  it.each([32, 63, 66, 96, 8192])(
    'given neither code nor a wrapper, when %i bytes are verified, then they are signature_malformed after two calls',
    async (size) => {
      const { answer } = await verified({ ...newAccount(), sign: () => toHex(new Uint8Array(size).fill(1)) });

      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ error: 'invalid_request', reason: 'signature_malformed' });
      expect(node.asked).toEqual(['eth_call', 'eth_getCode']);
    },
  );

  it.each<Hex>(['0x', `0x${'11'.repeat(31)}`])(
    'given %s, when it is verified, then it is malformed, whatever the code says',
    async (signature) => {
      const account = codeAccount(node, { says: () => true });

      const { answer } = await verified({ ...account, sign: () => signature });

      expect(answer.body['reason']).toBe('signature_malformed');
      expect(node.asked).toEqual([]);
    },
  );

  it('given the malleated signature of a key, when the validator says yes, then that is ignored', async () => {
    const account = newAccount();
    const malleated = async (message: string) => {
      const { r, s, yParity } = parseSignature(await account.signMessage({ message }));
      return serializeSignature({ r, s: numberToHex(n - BigInt(s), { size: 32 }), yParity: 1 - yParity });
    };

    const { answer } = await verified({ ...account, sign: malleated });

    expect(answer.body['reason']).toBe('signature_malformed');
    expect(node.asked).toEqual(['eth_call', 'eth_getCode']);
  });

  it('given the signature of another key, when its account has no code, then it is signature_mismatch after one call', async () => {
    const { answer } = await verified({ ...keySigner(newAccount()), address: newAccount().address });

    expect(answer.body['reason']).toBe('signature_mismatch');
    expect(node.asked).toEqual(['eth_call']);
  });

  it('given a chain without RPC, when signatures are verified, then only keys are served, and it says so', async () => {
    const [account, owner] = [codeAccount(node), newAccount()];
    const asked = { chainId: withoutRpc };

    const answers = [
      await verified(account, asked),
      await verified({ ...owner, sign: (message) => wrapped(account.sign(message)) }, asked),
      await verified({ ...keySigner(newAccount()), address: owner.address }, asked),
      await verified({ ...owner, sign: (message) => account.sign(message, 40) }, asked),
      await verified(keySigner(owner), asked),
    ].map(({ answer: { status, body } }) => [status, body['error'], body['reason']]);

    expect(answers).toEqual([
      [400, 'invalid_request', 'contract_accounts_unsupported'],
      [400, 'invalid_request', 'contract_accounts_unsupported'],
      [400, 'invalid_grant', 'signature_mismatch'],
      [400, 'invalid_request', 'signature_malformed'],
      [200, undefined, undefined],
    ]);
    expect(node.asked).toEqual([]);
  });

  it('given code that changes its mind, when the same signature comes for another challenge, then it is asked again', async () => {
    let isOwner = true;
    const account = { address: newAccount().address };
    node.accounts.set(account.address, { isDeployed: true, says: () => isOwner });
    const before = await verified({ ...account, sign: anySignature });
    isOwner = false;

    const after = await verified({ ...account, sign: anySignature });

    expect([before.answer.status, after.answer.body['reason']]).toEqual([200, 'signature_mismatch']);
  });

  it('given the right signature ten times at once, when it is verified, then exactly one gets tokens', async () => {
    const account = codeAccount(node);
    const challenge = await challengeFor(service, account, { chainId });
    const signature = account.sign(challenge.message);

    const answers = await Promise.all(Array.from({ length: 10 }, () => verify(service, challenge, signature)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 200).map(({ body }) => body['reason']);
    expect(new Set(others)).toEqual(new Set(['challenge_used']));
  });

  it('given a redeemed challenge, when its signature comes again later, then its tokens end, and no node is asked', async () => {
    const { challenge, signature, answer } = await verified(codeAccount(node));
    node.asked.length = 0;
    service.clock.advance(3_000);

    const bytes = hexToBytes(signature);
    const guess = await verify(service, challenge, toHex(bytes.with(0, (bytes[0] ?? 0) ^ 1)));
    const alive = await me(service, answer);
    const replay = await verify(service, challenge, signature);
    const ended = await me(service, answer);

    expect([guess.body['reason'], replay.body['reason']]).toEqual(['challenge_used', 'challenge_used']);
    expect([alive.status, ended.status]).toEqual([200, 401]);
    expect(node.asked).toEqual([]);
  });

  it('given a challenge that expires while the node is asked, when it says yes, then it is challenge_expired', async () => {
    const account = codeAccount(node);
    const challenge = await challengeFor(service, account, { chainId });
    node.delay = async () => service.clock.advance(300_000);

    const answer = await verify(service, challenge, account.sign(challenge.message));

    node.delay = async () => undefined;
    expect(answer.body['reason']).toBe('challenge_expired');
  });

  it('given a refresh token of such an account, when it is refreshed, then its claims stay', async () => {
    const account = codeAccount(node);
    const { answer } = await verified(account, { scope: 'offline_access' });

    const refreshed = await refresh(service, answer.body['refresh_token'], { client_id: 'demo-dapp' });

    expect(claimsOf(refreshed, 'access_token')).toMatchObject({
      sub: `eip155:${chainId}:${account.address}`,
      chain_id: chainId,
      account_proof: 'code',
    });
  });
});

const claimsOf = ({ body }: Answer, name: string) => decodeJwt(String(body[name]));

const anySignature = () => toHex(new Uint8Array(96).fill(7));
