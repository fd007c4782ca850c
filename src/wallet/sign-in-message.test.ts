import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { parseSiweMessage } from 'viem/siwe';
import { type SignInMessage, writeSignInMessage } from './sign-in-message';
import { WalletError } from './wallet-error';
import { parseChallengeRequest } from './wallet.schemas';

const address = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2';
const absent = { scheme: undefined, statement: undefined, resources: undefined };
const issuedAt = Date.parse('2021-09-30T16:25:24.000Z');

// The example of EIP-4361.
const example: SignInMessage = {
  origin: 'https://example.com',
  address,
  chainId: 1,
  uri: 'https://example.com/login',
  statement: 'I accept the ExampleOrg Terms of Service: https://example.com/tos',
  resources: [
    'ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/',
    'https://example.com/my-web2-claim.json',
  ],
  nonce: '32891756',
  issuedAt,
  expirationTime: issuedAt + 300_000,
};

describe('a sign-in message', () => {
  it('given the example of EIP-4361, when it is written, then it is that text with our times', () => {
    const text = writeSignInMessage(example);

    expect(text).toBe(`example.com wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24.000Z
Expiration Time: 2021-09-30T16:30:24.000Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json`);
  });

  it('given an origin that is not https, when the message is written, then it says so before the authority', () => {
    const text = writeSignInMessage({ ...example, origin: 'http://localhost:3000' });

    expect(text).toMatch(/^http:\/\/localhost:3000 wants you to sign in/);
  });

  it('given neither statement nor resources, when the message is written, then it names neither', () => {
    const text = writeSignInMessage({ ...example, statement: undefined, resources: [] });

    expect(text).toContain(`${address}\n\n\nURI: `);
    expect(text).not.toContain('Resources:');
  });

  it.each([
    ['uri_invalid', { uri: 'https://example.com/a b' }],
    ['uri_invalid', { uri: 'https://example.com/%zz' }],
    ['uri_invalid', { uri: 'https://example.com/\nNonce: 11111111' }],
    ['resources_invalid', { resources: ['not a uri'] }],
    ['resources_invalid', { resources: ['urn:ok:ok', 'relative'] }],
  ])('given a field that cannot be read back, when the message is written, then it is %s', (reason, field) => {
    const write = () => writeSignInMessage({ ...example, ...field });

    expect(write).toThrow(WalletError);
    expect(write).toThrow(expect.objectContaining({ reason }));
  });

  it.each([
    ['uri_invalid', { uri: 'https://example.com/\nNonce: 11111111' }],
    ['statement_invalid', { statement: 'one\n\nURI: https://example.com' }],
    ['statement_invalid', { statement: '' }],
    ['statement_invalid', { statement: 'caf\u00e9' }],
    ['resources_invalid', { resources: ['urn:a\n- urn:b'] }],
  ])('given a field that would write more than its line, when it is asked for, then it is %s', (reason, field) => {
    const parse = () => parseChallengeRequest({ address, ...field });

    expect(parse).toThrow(expect.objectContaining({ reason }));
  });

  it('given whatever may be asked for, when it becomes a message, then siwe and viem read back exactly that', () => {
    const uriCharacters = fc.stringMatching(/^(?:[\w\-.~!$&'()*+,;=:@/]|%[0-9A-F]{2}){0,40}$/);
    const asked = fc.record(
      {
        chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        uri: uriCharacters.map((path) => `https://example.com/${path}`),
        statement: fc.oneof(fc.string(), fc.stringMatching(/^[\w:/?#[\]@!$&'()*+,;=.~ -]{1,80}$/)),
        resources: fc.array(
          fc.oneof(
            fc.string(),
            fc.webUrl(),
            uriCharacters.map((path) => `urn:${path}`),
          ),
          { maxLength: 4 },
        ),
      },
      { requiredKeys: [] },
    );
    let written = 0;

    fc.assert(
      fc.property(asked, (fields) => {
        const message = textOf(fields);
        if (message === undefined) return;
        written += 1;
        const expected = {
          scheme: undefined,
          domain: 'example.com',
          address,
          chainId: fields.chainId ?? 1,
          uri: fields.uri ?? 'https://example.com',
          statement: fields.statement,
          resources: fields.resources?.length === 0 ? undefined : fields.resources,
          nonce: example.nonce,
        };
        expect(new SiweMessage(message)).toMatchObject(expected);
        expect({ ...absent, ...parseSiweMessage(message) }).toMatchObject(expected);
      }),
      { numRuns: 200 },
    );
    expect(written).toBeGreaterThan(40);
  });
});

/** The message of a request, or undefined when the request is refused. */
function textOf(asked: object): string | undefined {
  try {
    const { statement, resources, chainId, uri = 'https://example.com' } = parseChallengeRequest({ address, ...asked });
    return writeSignInMessage({ ...example, statement, resources, chainId, uri });
  } catch (error) {
    if (error instanceof WalletError) return undefined;
    throw error;
  }
}
