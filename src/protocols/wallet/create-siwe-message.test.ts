import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { parseSiweMessage } from 'viem/siwe';
import { loadKeccak256 } from './keccak';
import { isStatement, type SiweMessageFields, createSiweMessage } from './create-siwe-message';
import { WalletError } from './wallet-error';
import { challengeRequest, parseWalletBody } from './wallet.schemas';

const address = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2';
const absent = { scheme: undefined, statement: undefined, resources: undefined };
const issuedAt = Date.parse('2021-09-30T16:25:24.000Z');

// The example of EIP-4361.
const example: SiweMessageFields = {
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

// Allowed and forbidden values of each field.
const anyStatement = fc.oneof(fc.string(), fc.stringMatching(/^[\w:/?#[\]@!$&'()*+,;=.~ -]{1,80}$/));
const uriCharacters = fc.stringMatching(/^(?:[\w\-.~!$&'()*+,;=:@/]|%[0-9A-F]{2}){0,40}$/);
const anyUri = fc.oneof(
  fc.string(),
  fc.webUrl(),
  uriCharacters.map((path) => `urn:${path}`),
);
const anyPath = fc.oneof(
  fc.constant(''),
  uriCharacters.map((path) => `/${path}`),
  fc.string(),
);
const anyChainId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const anyTime = fc.date({ min: new Date(0), max: new Date('9990-01-01'), noInvalidDate: true }).map(Number);
const anyOrigin = fc
  .tuple(fc.constantFrom('http', 'https'), fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true }))
  .map(([scheme, authority]) => `${scheme}://${authority}`)
  .filter((origin) => URL.canParse(origin) && new URL(origin).origin === origin);

describe('a sign-in message', () => {
  beforeAll(loadKeccak256);

  it('given the example of EIP-4361, when it is written, then it is that text with our times', async () => {
    const text = await createSiweMessage(example);

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

  it('given an origin that is not https, when the message is written, then it says so before the authority', async () => {
    const origin = 'http://localhost:3000';

    const text = await createSiweMessage({ ...example, origin, uri: origin });

    expect(text).toMatch(/^http:\/\/localhost:3000 wants you to sign in/);
  });

  it('given neither statement nor resources, when the message is written, then it names neither', async () => {
    const text = await createSiweMessage({ ...example, statement: undefined, resources: [] });

    expect(text).toContain(`${address}\n\n\nURI: `);
    expect(text).not.toContain('Resources:');
  });

  it.each([
    ['uri_invalid', { uri: 'https://example.com/a b' }],
    ['uri_invalid', { uri: 'https://example.com/%zz' }],
    ['uri_invalid', { uri: 'https://example.com/\nNonce: 11111111' }],
    ['uri_invalid', { uri: 'https://example.com/a b', resources: [] }],
    ['uri_invalid', { origin: 'https://exa{mple.com' }],
    ['resources_invalid', { resources: ['not a uri'] }],
    ['resources_invalid', { resources: ['urn:ok:ok', 'relative'] }],
    ['resources_invalid', { resources: ['urn:a\n- urn:b'] }],
    ['statement_invalid', { statement: 'one\n\nURI: https://example.com' }],
    ['statement_invalid', { statement: '' }],
    ['statement_invalid', { statement: 'caf\u00e9' }],
  ])('given a field that cannot be read back, when a message has it, then it is %s: %j', async (reason, field) => {
    const writing = createSiweMessage({ ...example, ...field });

    await expect(writing).rejects.toThrow(WalletError);
    await expect(writing).rejects.toMatchObject({ reason });
  });

  it.each([
    ['uri_invalid', { uri: 'https://example.com/\nNonce: 11111111' }],
    ['uri_invalid', { uri: `https://example.com/${'a'.repeat(493)}` }],
    ['statement_invalid', { statement: 'one\n\nURI: https://example.com' }],
    ['statement_invalid', { statement: '' }],
    ['statement_invalid', { statement: 'caf\u00e9' }],
    ['statement_invalid', { statement: 'a'.repeat(301) }],
    ['resources_invalid', { resources: ['urn:a\n- urn:b'] }],
    ['resources_invalid', { resources: Array.from({ length: 11 }, () => 'urn:a:b') }],
    ['resources_invalid', { resources: [`urn:a:${'b'.repeat(251)}`] }],
  ])('given a field that would write more than its line, when it is asked for, then it is %s', (reason, field) => {
    const parse = () => parseWalletBody(challengeRequest, { address, ...field });

    expect(parse).toThrow(expect.objectContaining({ reason }));
  });

  it('given each field at its longest, when it is asked for, then it may stand in a message', async () => {
    const longest = {
      uri: `https://example.com/${'a'.repeat(492)}`,
      statement: 'a'.repeat(300),
      resources: Array.from({ length: 10 }, () => `urn:a:${'b'.repeat(250)}`),
    };

    const text = await textOf(longest);

    expect(new SiweMessage(text ?? '')).toMatchObject(longest);
  });

  it('given any statement, when siwe judges the text that we write, then it says what we say', async () => {
    await fc.assert(
      fc.asyncProperty(anyStatement, async (statement) => {
        const text = await reasonOr(createSiweMessage({ ...example, resources: undefined, statement }));

        const theirs = textOfSiwe({ ...example, resources: undefined, statement });
        // siwe accepts an empty statement; we refuse a message that seems to say something and says nothing.
        expect(text).toBe(statement === '' || theirs === undefined ? 'statement_invalid' : theirs);
        expect(isStatement(statement)).toBe(text === theirs);
      }),
    );
  });

  it('given any origin, when siwe judges the texts that we write, then it says what we say', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrigin, anyChainId, anyTime, async (origin, chainId, time) => {
        const message = { ...example, origin, uri: origin, chainId, issuedAt: time, expirationTime: time + 300_000 };
        const short = { ...message, resources: undefined, statement: undefined };

        const texts = [await reasonOr(createSiweMessage(short)), await reasonOr(createSiweMessage(message))];

        expect(texts).toEqual([short, message].map((each) => textOfSiwe(each) ?? 'uri_invalid'));
      }),
    );
  });

  it('given whatever may be asked for, when siwe judges the text that we write, then it says what we say', async () => {
    const asked = fc.record(
      {
        chainId: anyChainId,
        uri: anyPath.map((path) => `https://example.com${path}`),
        statement: anyStatement,
        resources: fc.array(anyUri, { maxLength: 4 }),
      },
      { requiredKeys: [] },
    );
    let written = 0;

    await fc.assert(
      fc.asyncProperty(asked, async (fields) => {
        const text = await textOf(fields);
        if (text === undefined) return;
        written += 1;
        const { uri = example.origin, statement, resources, chainId = 1 } = fields;
        expect(text).toBe(textOfSiwe({ ...example, uri, statement, resources, chainId }));
        const expected = {
          scheme: undefined,
          domain: 'example.com',
          address,
          chainId,
          uri,
          statement,
          nonce: example.nonce,
          resources: resources?.length === 0 ? undefined : resources,
        };
        expect(new SiweMessage(text)).toMatchObject(expected);
        expect({ ...absent, ...parseSiweMessage(text) }).toMatchObject(expected);
      }),
    );
    expect(written).toBeGreaterThan(20);
  });
});

/** The message of a request, or undefined when the request is refused. */
async function textOf(asked: object): Promise<string | undefined> {
  try {
    const {
      statement,
      resources,
      chainId = 1,
      uri = 'https://example.com',
    } = parseWalletBody(challengeRequest, { address, ...asked });
    return await createSiweMessage({ ...example, statement, resources, chainId, uri });
  } catch (error) {
    if (error instanceof WalletError) return undefined;
    throw error;
  }
}

/** The text, or the reason of the error. */
async function reasonOr(writing: Promise<string>): Promise<string> {
  try {
    return await writing;
  } catch (error) {
    if (error instanceof WalletError) return error.reason;
    throw error;
  }
}

/** What siwe writes for the same fields; undefined when it refuses them or reads something else back. */
function textOfSiwe(message: SiweMessageFields): string | undefined {
  const { origin, resources = [], statement, issuedAt: from, expirationTime, ...fields } = message;
  const { protocol, host } = new URL(origin);
  try {
    const text = new SiweMessage({
      ...fields,
      ...(protocol !== 'https:' && { scheme: protocol.slice(0, -1) }),
      domain: host,
      ...(statement !== undefined && { statement }),
      ...(resources.length > 0 && { resources: [...resources] }),
      version: '1',
      issuedAt: new Date(from).toISOString(),
      expirationTime: new Date(expirationTime).toISOString(),
    }).prepareMessage();
    return new SiweMessage(text).statement === statement ? text : undefined;
  } catch {
    return undefined;
  }
}
