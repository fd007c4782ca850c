import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { loadKeccak256 } from './keccak';
import { parseSiweMessage } from './parse-siwe-message';

const address = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2';

// The example of EIP-4361, with every optional field.
const example = `https://example.com:3388 wants you to sign in with your Ethereum account:
${address}

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Expiration Time: 2021-09-30T16:30:24.5+02:00
Not Before: 2021-09-30T16:25:24.000Z
Request ID: some-request.1%20
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json`;

const least = `example.com wants you to sign in with your Ethereum account:
${address}


URI: https://example.com
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z`;

describe('a message that a wallet wrote', () => {
  beforeAll(loadKeccak256);

  it('given the example of EIP-4361, when it is read, then each field is what it says', () => {
    const message = parseSiweMessage(example);

    expect(message).toEqual({
      scheme: 'https',
      domain: 'example.com:3388',
      address,
      statement: 'I accept the ExampleOrg Terms of Service: https://example.com/tos',
      uri: 'https://example.com/login',
      chainId: 1,
      nonce: '32891756',
      issuedAt: Date.parse('2021-09-30T16:25:24Z'),
      expirationTime: Date.parse('2021-09-30T14:30:24.500Z'),
      notBefore: Date.parse('2021-09-30T16:25:24Z'),
      resources: [
        'ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/',
        'https://example.com/my-web2-claim.json',
      ],
    });
  });

  it('given the least that there must be, when it is read, then nothing else is there', () => {
    const message = parseSiweMessage(least);

    expect(message).toMatchObject({ domain: 'example.com', address, chainId: 1, nonce: '32891756', resources: [] });
    for (const field of ['scheme', 'statement', 'expirationTime', 'notBefore'] as const) {
      expect(message?.[field]).toBeUndefined();
    }
  });

  it.each([address.toLowerCase(), `0x${address.slice(2).toUpperCase()}`])(
    'given an address without a checksum, when it is read, then it is the account in EIP-55: %s',
    (spelled) => {
      expect(parseSiweMessage(least.replace(address, spelled))?.address).toBe(address);
    },
  );

  it.each<[what: string, text: string]>([
    ['nothing', ''],
    ['a line more', `${example}\n`],
    ['a line before', `\n${example}`],
    ['lines that end as on Windows', example.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${example}`],
    ['a space at the end of a line', example.replace('Version: 1', 'Version: 1 ')],
    ['two spaces after a name', example.replace('Nonce: ', 'Nonce:  ')],
    ['another sentence', example.replace('Ethereum', 'ethereum')],
    ['words behind the opening', example.replace('account:', 'account: now')],
    ['no domain', least.replace('example.com wants', ' wants')],
    ['a scheme that is none', least.replace('example.com wants', '1http://example.com wants')],
    ['a path after the domain', least.replace('example.com wants', 'example.com/a wants')],
    ['an address with a wrong checksum', example.replace('0xC02aaA', '0xC02AaA')],
    ['an address with 0X', example.replace('0xC0', '0XC0')],
    ['the zero address', example.replace(address, `0x${'0'.repeat(40)}`)],
    ['no empty line after the address', example.replace(`${address}\n\n`, `${address}\n`)],
    ['no empty line after the statement', example.replace('/tos\n\n', '/tos\n')],
    ['one empty line without a statement', least.replace('\n\n\n', '\n\n')],
    ['an empty statement', least.replace('\n\n\n', '\n\n\n\n')],
    ['a statement of two lines', example.replace('I accept', 'I accept\n')],
    ['a statement with what is not allowed in it', example.replace('I accept', 'I "accept"')],
    ['a URI that is none', example.replace('https://example.com/login', '/login')],
    ['another version', example.replace('Version: 1', 'Version: 2')],
    ['no version', example.replace('Version: 1\n', '')],
    ['fields in another order', example.replace('Version: 1\nChain ID: 1', 'Chain ID: 1\nVersion: 1')],
    ['a field twice', example.replace('Version: 1', 'Version: 1\nVersion: 1')],
    ['a chain id of zero', example.replace('Chain ID: 1', 'Chain ID: 0')],
    ['a chain id with a zero in front', example.replace('Chain ID: 1', 'Chain ID: 01')],
    ['a chain id in hex', example.replace('Chain ID: 1', 'Chain ID: 0x1')],
    ['a chain id in another notation', example.replace('Chain ID: 1', 'Chain ID: 1e3')],
    ['a chain id that no number holds', example.replace('Chain ID: 1', `Chain ID: ${2 ** 53}`)],
    ['a nonce that is too short', example.replace('32891756', '3289175')],
    ['a nonce with another character', example.replace('32891756', '3289-1756')],
    ['a nonce with another character behind it', example.replace('32891756', '32891756-')],
    ['another field in the place of the nonce', example.replace('Nonce: ', 'Number: ')],
    ['no time', example.replace('2021-09-30T16:25:24Z', 'now')],
    ['no time zone', example.replace('2021-09-30T16:25:24Z', '2021-09-30T16:25:24')],
    ['a date alone', example.replace('2021-09-30T16:25:24Z', '2021-09-30')],
    ['a day that its month does not have', example.replace('2021-09-30T16:25:24Z', '2021-02-30T16:25:24Z')],
    ['a month that there is not', example.replace('2021-09-30T16:25:24Z', '2021-13-30T16:25:24Z')],
    ['an hour that there is not', example.replace('2021-09-30T16:25:24Z', '2021-09-30T24:00:00Z')],
    ['words before a time', example.replace('2021-09-30T16:25:24Z', 'on 2021-09-30T16:25:24Z')],
    ['a time zone that there is not', example.replace('2021-09-30T16:25:24Z', '2021-09-30T16:25:24+24:00')],
    ['an expiry that is none', example.replace(/^Expiration Time: .*$/m, 'Expiration Time: never')],
    ['an empty expiry', example.replace(/^Expiration Time: .*$/m, 'Expiration Time: ')],
    ['optional fields in another order', example.replace(/^(Expiration.*)\n(Not Before.*)$/m, '$2\n$1')],
    ['a request id with a space', example.replace('some-request.1%20', 'some request')],
    ['a request id with half an escape', example.replace('some-request.1%20', 'some-request%2')],
    ['a resource that is none', example.replace('- ipfs', '- /ipfs')],
    ['a resource without its dash', example.replace('- ipfs', 'ipfs')],
    ['what stands behind the resources', `${example}\nNonce: 11111111`],
  ])('given %s, when it is read, then it is no such message', (_what, text) => {
    expect(text).not.toBe(example);
    expect(parseSiweMessage(text)).toBeUndefined();
  });

  // siwe, whose grammar is EIP-4361's own, accepts every message that we accept.
  it('given a message of any fields, when it is read, then siwe reads the same', () => {
    const anyText = fc.oneof(fc.constant(undefined), fc.string({ maxLength: 20 }));
    const anyTime = fc.oneof(
      fc.date({ min: new Date(0), max: new Date('9990-01-01'), noInvalidDate: true }).map((time) => time.toISOString()),
      fc.stringMatching(/^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(?:\.\d{1,9})?(?:Z|z|[+-][0-2]\d:[0-6]\d)$/),
    );
    const fields = fc.record({
      opening: fc.oneof(
        fc.constantFrom('example.com', 'https://example.com:1', 'http://[::1]:3000'),
        fc.webAuthority(),
      ),
      statement: fc.oneof(anyText, fc.stringMatching(/^[\w:/?#[\]@!$&'()*+,;=.~ -]{1,60}$/)),
      uri: fc.oneof(fc.webUrl(), fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()),
      chainId: fc.oneof(fc.nat().map(String), fc.stringMatching(/^[0-9a-fx]{1,18}$/)),
      nonce: fc.stringMatching(/^[a-zA-Z0-9]{7,40}$/),
      issuedAt: anyTime,
      expirationTime: fc.option(anyTime, { nil: undefined }),
      notBefore: fc.option(anyTime, { nil: undefined }),
      requestId: fc.oneof(anyText, fc.stringMatching(/^(?:[\w\-.~!$&'()*+,;=:@]|%[0-9a-f]{2}){0,20}$/)),
      resources: fc.option(
        fc.array(fc.oneof(fc.webUrl(), fc.constant('urn:recap:eyJh'), fc.string()), { maxLength: 3 }),
        {
          nil: undefined,
        },
      ),
    });
    const text = fields.map(({ opening, statement, uri, chainId, nonce, issuedAt, ...optional }) =>
      [
        `${opening} wants you to sign in with your Ethereum account:`,
        address,
        '',
        ...(statement === undefined ? [] : [statement]),
        '',
        `URI: ${uri}`,
        'Version: 1',
        `Chain ID: ${chainId}`,
        `Nonce: ${nonce}`,
        `Issued At: ${issuedAt}`,
        ...(optional.expirationTime === undefined ? [] : [`Expiration Time: ${optional.expirationTime}`]),
        ...(optional.notBefore === undefined ? [] : [`Not Before: ${optional.notBefore}`]),
        ...(optional.requestId === undefined ? [] : [`Request ID: ${optional.requestId}`]),
        ...(optional.resources === undefined ? [] : ['Resources:', ...optional.resources.map((each) => `- ${each}`)]),
      ].join('\n'),
    );
    let accepted = 0;

    fc.assert(
      fc.property(text, (written) => {
        if (agreesWithSiwe(written)) accepted += 1;
      }),
    );

    expect(accepted).toBeGreaterThan(0);
  });

  it('given a message with any piece of it altered, when it is still read, then siwe reads the same', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\n',
        '\r',
        ' ',
        '',
        ':',
        '//',
        '\0',
        'Nonce: aaaaaaaa',
        '- ',
        '%',
        '%41',
        '\u2028',
        'é',
        '[',
        '@',
      ),
      fc.string({ maxLength: 3 }),
    );
    let accepted = 0;

    fc.assert(
      fc.property(
        fc.constantFrom(example, least),
        fc.nat(example.length),
        fc.nat(3),
        piece,
        (original, at, length, inserted) => {
          const altered = original.slice(0, at) + inserted + original.slice(at + length);
          if (agreesWithSiwe(altered)) accepted += 1;
        },
      ),
    );

    expect(accepted).toBeGreaterThan(20);
  });

  it('given a text that is made to be slow, when it is read, then it takes no longer than one of its length', () => {
    const hostile = [
      `${'a'.repeat(15_000)} wants you to sign in with your Ethereum account`,
      `${'a+'.repeat(7_500)}://`,
      example.replace('https://example.com/login', `urn:${'%41'.repeat(4_000)}%`),
      example.replace('some-request.1%20', `${'%20'.repeat(4_000)}%`),
      `${example}${'\n- urn:a'.repeat(1_700)} `,
      example.replace('2021-09-30T16:25:24Z', `2021-09-30T16:25:24.${'1'.repeat(14_000)}`),
      '\n'.repeat(16_000),
    ];

    const begun = performance.now();
    const read = hostile.map(parseSiweMessage);

    expect(read.filter((each) => each !== undefined)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

/** True when both parse the text, with the same result. We may be stricter than siwe. */
function agreesWithSiwe(text: string): boolean {
  const message = parseSiweMessage(text);
  if (message === undefined) return false;
  const theirs = new SiweMessage(text);
  expect({ ...theirs, address: theirs.address.toLowerCase() }).toMatchObject({
    domain: message.domain,
    address: message.address.toLowerCase(),
    uri: message.uri,
    version: '1',
    chainId: message.chainId,
    nonce: message.nonce,
  });
  expect(theirs.scheme).toBe(message.scheme);
  expect(theirs.statement).toBe(message.statement);
  expect(theirs.resources ?? []).toEqual(message.resources);
  expect(Date.parse(theirs.issuedAt ?? '')).toBe(message.issuedAt);
  expect(theirs.expirationTime === undefined).toBe(message.expirationTime === undefined);
  expect(theirs.notBefore === undefined).toBe(message.notBefore === undefined);
  return true;
}
