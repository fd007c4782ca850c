import * as fc from 'fast-check';
import { isTooDeep } from '../../../src/platform/http/json';

/** Bytes that no field should hold, and shapes that no field should have. */
const prepared: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  '\0',
  'user0\0',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u2028\u2029',
  '\r\nset-cookie: a=b',
  '%00',
  '%zz',
  '../../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  "' OR '1'='1",
  '${7*7}<%= 7*7 %>{{7*7}}',
  '<script>alert(1)</script>',
  'a'.repeat(100_000),
  'a'.repeat(5_000),
  '日本\u{1F511}'.repeat(100),
  [],
  ['a', 'a'],
  {},
  { $ne: null },
  { $gt: '' },
  { $where: 'sleep(1000)' },
  { $regex: '.*' },
  { toString: null },
  { length: 1e9 },
  { __proto__: { admin: true } },
];

/** What an attacker may ask for in place of an id. */
export const hostileIds: readonly string[] = [
  '',
  '\0',
  'a\0b',
  '\u0001',
  '\ud800',
  '$ne',
  '__proto__',
  'x'.repeat(1_025),
  '\0'.repeat(100_000),
];

/** Whether a body is refused as a whole: one of its members would change prototypes, at any depth, or it is too deep. */
export const isRefusedWhole = (body: string) =>
  /"(?:__proto__|constructor)"/.test(body) || isTooDeep(JSON.parse(body) as unknown);

/** One hostile value of any type. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...prepared),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.jsonValue({ maxDepth: 5 }),
  fc.nat(2_000).map((depth) => deep(Math.max(1, depth))),
);

/** Every field name that any endpoint of ours reads, and some that none should. */
export const fieldName: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'grant_type',
      'client_id',
      'client_secret',
      'client_assertion',
      'client_assertion_type',
      'code',
      'redirect_uri',
      'code_verifier',
      'code_challenge',
      'code_challenge_method',
      'refresh_token',
      'scope',
      'resource',
      'response_type',
      'response_mode',
      'state',
      'nonce',
      'prompt',
      'max_age',
      'request',
      'request_uri',
      'login_hint',
      'csrf',
      'username',
      'password',
      'decision',
      'address',
      'chainId',
      'clientId',
      'uri',
      'statement',
      'resources',
      'resourceIndicators',
      'message',
      'signature',
      'models',
      'attacks',
      'id',
      'token',
      'token_type_hint',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', '$where', 'code[$ne]', 'client_id[]', 'a.b', '', '\0'),
  },
);

export const contentType: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=x',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/octet-stream',
    'application/jwt',
    ';',
    'a',
  ),
  fc.stringMatching(/^[ -~]{1,60}$/),
);

/** A form as a client without scruples writes it: objects and arrays by brackets, surrogates as their raw bytes. */
export function asForm(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .flatMap(([name, value]) => pairs(name, value))
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join('&');
}

function pairs(name: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.map((each): [string, string] => [name, JSON.stringify(each) ?? '']);
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  return Object.entries(value).map(([key, inner]): [string, string] => [
    `${name}[${key}]`,
    JSON.stringify(inner) ?? '',
  ]);
}

function escaped(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString()).replaceAll('%EF%BF%BD', '%ED%A0%80');
}

function deep(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
