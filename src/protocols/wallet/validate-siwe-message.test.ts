import { describe, expect, it } from '@jest/globals';
import type { WalletNonce } from '../../domain/challenges/challenge';
import type { SiweMessage } from './parse-siwe-message';
import { type Expectation, validateSiweMessage } from './validate-siwe-message';

const now = 1_700_000_000_000;
const statement = 'Sign in to Notes, which will be able to: read your notes.';

const nonce: WalletNonce = {
  kind: 'wallet_nonce',
  id: 'a'.repeat(32),
  clientId: 'notes',
  scope: [],
  createdAt: now - 100_000,
  expiresAt: now + 200_000,
};

const message: SiweMessage = {
  scheme: undefined,
  domain: 'dapp.example',
  address: '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2',
  statement: undefined,
  uri: 'https://dapp.example',
  chainId: 8453,
  nonce: nonce.id,
  issuedAt: now - 50_000,
  expirationTime: undefined,
  notBefore: undefined,
  resources: [],
};

const expectation: Expectation = { nonce, origin: 'https://dapp.example', maySignIn: (id) => id !== 5, now };

/** What differs in the message and in the expectation. */
interface Given {
  readonly said: Partial<SiweMessage>;
  readonly expected?: Partial<Expectation>;
}

describe('what a message that a wallet wrote must say', () => {
  it.each<[what: string, given: Given]>([
    ['the least', { said: {} }],
    ['the scheme of the client', { said: { scheme: 'https' } }],
    ['a path under the origin', { said: { uri: 'https://dapp.example/login?a=b' } }],
    ['the moment of the nonce', { said: { issuedAt: nonce.createdAt } }],
    ['what a clock that is 60 s late says', { said: { issuedAt: nonce.createdAt - 60_000 } }],
    ['what a clock that is 60 s early says', { said: { issuedAt: now + 60_000 } }],
    ['an expiry ahead', { said: { expirationTime: now + 1 } }],
    ['a beginning that is now', { said: { notBefore: now } }],
    ['words of its own', { said: { statement: 'Welcome.' } }],
    ['the statement that was handed out', { said: { statement }, expected: { nonce: { ...nonce, statement } } }],
    ['that and more', { said: { statement: `${statement} Welcome.` }, expected: { nonce: { ...nonce, statement } } }],
    ['capabilities', { said: { resources: ['urn:recap:eyJhdHQiOnt9fQ'] } }],
    ['the chain that was asked for', { said: {}, expected: { nonce: { ...nonce, chainId: 8453 } } }],
    [
      'no scheme, of a client that is not https',
      {
        said: { domain: 'localhost:3000', uri: 'http://localhost:3000/' },
        expected: { origin: 'http://localhost:3000' },
      },
    ],
  ])('given %s, when it is held against the nonce, then it fits', (_what, { said, expected }) => {
    expect(validateSiweMessage({ ...message, ...said }, { ...expectation, ...expected })).toBe(true);
  });

  it.each<[what: string, given: Given]>([
    ['another domain', { said: { domain: 'evil.example' } }],
    ['a domain below', { said: { domain: 'a.dapp.example' } }],
    ['another port', { said: { domain: 'dapp.example:8443' } }],
    ['the domain with somebody before it', { said: { domain: 'dapp.example@evil.example' } }],
    ['another scheme', { said: { scheme: 'http' } }],
    ['a URI elsewhere', { said: { uri: 'https://evil.example/' } }],
    ['a URI that only begins like the origin', { said: { uri: 'https://dapp.example.evil.example/' } }],
    ['a URI with somebody before the host', { said: { uri: 'https://dapp.example@evil.example/' } }],
    ['a URI of another scheme', { said: { uri: 'http://dapp.example/' } }],
    ['a chain that may not sign in', { said: { chainId: 5 } }],
    ['another chain than was asked for', { said: { chainId: 1 }, expected: { nonce: { ...nonce, chainId: 8453 } } }],
    ['another nonce', { said: { nonce: 'b'.repeat(32) } }],
    ['a time before the nonce', { said: { issuedAt: nonce.createdAt - 60_001 } }],
    ['a time in the future', { said: { issuedAt: now + 60_001 } }],
    ['an expiry that is over', { said: { expirationTime: now } }],
    ['a beginning ahead', { said: { notBefore: now + 1 } }],
    ['no statement, where one was handed out', { said: {}, expected: { nonce: { ...nonce, statement } } }],
    ['another statement', { said: { statement: 'Welcome.' }, expected: { nonce: { ...nonce, statement } } }],
    [
      'words before the statement',
      { said: { statement: `Do not ${statement}` }, expected: { nonce: { ...nonce, statement } } },
    ],
    ['a resource', { said: { resources: ['https://dapp.example/terms'] } }],
    ['a resource among capabilities', { said: { resources: ['urn:recap:e30', 'ipfs://x'] } }],
    ['a resource that only looks like one', { said: { resources: ['urn:recapture:x'] } }],
  ])('given %s, when it is held against the nonce, then it does not fit', (_what, { said, expected }) => {
    expect(validateSiweMessage({ ...message, ...said }, { ...expectation, ...expected })).toBe(false);
  });
});
