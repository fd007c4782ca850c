import type { ChallengeKind, ChallengeOf } from '../../../src/domain/challenges/challenge';
import type { Authentication } from '../../../src/domain/identity/authentication';
import { newId, newSecret } from '../../../src/domain/credentials/secret';

type Complete = { readonly [Kind in ChallengeKind]: Required<ChallengeOf<Kind>> };

const lifetimeMs = 300_000;

/** Of a wallet on the highest chain id that a number can hold exactly, so that a narrower column would show. */
export const completeAuthentication: Required<Authentication> = {
  sub: 'eip155:1:0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
  amr: ['pop'],
  authTime: 1_700_000_000,
  acr: 'phr',
  chainId: Number.MAX_SAFE_INTEGER,
  accountProof: 'code',
};

const audience = { together: false, resources: [{ identifier: 'https://api.example/v1', scope: ['read'] }] };

const request = 'client_id=demo-client&scope=openid+%C3%BC&state=a%26b%3D%24c.d';

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** One challenge of every kind, with new ids and with every optional field. */
export function sampleChallenges(now: number): Complete {
  const base = () => ({ id: newId(), createdAt: now, expiresAt: now + lifetimeMs });
  const signIn = () => ({
    ...base(),
    wallet: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
    chainId: Number.MAX_SAFE_INTEGER,
    clientId: 'demo-dapp',
    message: 'example.com wants you to sign in with your Ethereum account:\n0xd8dA…\n\n  ünïcode \u0001 €\r\n',
    scope: [],
    audience,
    trace,
  });
  return {
    authorization_code: {
      ...base(),
      kind: 'authorization_code',
      clientId: 'demo-spa',
      redirectUri: 'http://127.0.0.1/callback?a=$b.c',
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      scope: ['openid', 'offline_access'],
      audience,
      oidcNonce: 'n-0S6_WzA2Mj',
      dpopJkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
      authentication: completeAuthentication,
      sessionId: newId(),
      accessEnd: newId(),
      trace,
    },
    wallet_challenge: {
      ...signIn(),
      kind: 'wallet_challenge',
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    },
    wallet_login: { ...signIn(), kind: 'wallet_login' },
    wallet_link: { ...signIn(), kind: 'wallet_link', sub: newId() },
    passkey_login: { ...base(), kind: 'passkey_login', clientId: 'demo-client', browser: newSecret() },
    passkey_creation: {
      ...base(),
      kind: 'passkey_creation',
      clientId: 'https://auth.example',
      browser: newSecret(),
      owner: `user ${newId()}`,
      userHandle: newSecret(),
    },
    wallet_nonce: {
      ...base(),
      kind: 'wallet_nonce',
      clientId: 'demo-dapp',
      scope: ['openid'],
      audience,
      chainId: Number.MAX_SAFE_INTEGER,
      statement: 'Sign in to A client, which will be able to: know who you are.',
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      trace,
    },
    client_assertion: { ...base(), kind: 'client_assertion', clientId: 'demo-client' },
    pushed_request: { ...base(), kind: 'pushed_request', clientId: 'demo-client', request },
    opened_request: { ...base(), kind: 'opened_request', clientId: 'demo-client', request, browser: newSecret() },
    dpop_proof: { ...base(), kind: 'dpop_proof', clientId: 'demo-client' },
  };
}
