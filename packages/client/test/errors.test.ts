import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorOf } from '../src/answer.ts';
import { type ErrorCode, TesseraError } from '../src/errors.ts';
import { caught } from './support/caught.ts';
import { read } from '../src/answer.ts';

const root = join(__dirname, '../../..');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
/** What a client of the login meets; the administration and the comparison have errors of their own. */
const others = /`\/(?:admin|compare|register)/;
const documented = [
  ...new Set(
    page
      .split('\n')
      .filter((line) => line.startsWith('|') && !others.test(line))
      .flatMap((line) => line.split('|').map((cell) => cell.trim()))
      .filter((cell) => /^`(?:[a-z]+_)+[a-z]+`$/.test(cell))
      .map((cell) => cell.slice(1, -1)),
  ),
];
const codesOnPage = [...new Set([...page.matchAll(/\| `([a-z_]+)` +\| [A-Z]/g)].map(([, code = '']) => code))];
const source = readFileSync(join(__dirname, '../src/errors.ts'), 'utf8');
const codesIn = (type: string) => {
  const [, union = ''] = new RegExp(`type ${type} =([^;]+);`).exec(source) ?? [];
  return [...union.matchAll(/'([a-z_]+)'/g)].map(([, code = '']) => code);
};
/** Names that are in no pattern by accident; all others have one of two general sentences. */
const particular = new Map(
  Object.entries({
    'Offer the login again.': ['access_denied'],
    'Check the issuer: another server answered.': [
      'answer_invalid',
      'id_token_invalid',
      'issuer_mismatch',
      'metadata_invalid',
    ],
    'Correct this client or its registration.': ['configuration_invalid', 'invalid_request'],
    'Begin the login again, without prompt=none.': ['consent_required', 'login_required'],
    'Ask for the scope in a new login.': ['insufficient_scope'],
    'Check the clock of this device.': ['invalid_dpop_proof'],
    'Ask for what this client may have.': ['invalid_scope', 'invalid_target'],
    'This callback is old or used. Begin the login again.': ['login_unknown'],
    'Try again later; what is held stays valid.': ['server_error', 'service_unreachable', 'temporarily_unavailable'],
    'Begin the login.': ['tokens_missing'],
    'Try again.': ['use_dpop_nonce', 'dpop_proof_replayed'],
    'The key of these tokens is gone. Begin the login again.': ['dpop_key_mismatch'],
    'Hand dpop() to this client.': ['dpop_proof_missing'],
    'Register redirectUri.': ['redirect_uri_mismatch', 'redirect_uri_unregistered'],
    'Begin the login again. Raise refresh_token_grace.': ['refresh_token_reused'],
  }).flatMap(([sentence, names]) => names.map((name) => [name, sentence] as const)),
);
/** What only endpoints answer that this package does not call: registration. */
const notForUs = new Set(['invalid_client_metadata', 'invalid_redirect_uri']);

describe('the errors of the package', () => {
  it('given docs/errors.md, when its codes are compared with ours, then every one is known, and none is made up', () => {
    expect(documented.length).toBeGreaterThan(50);
    expect(codesIn('ServiceErrorCode').toSorted()).toEqual(
      codesOnPage.filter((code) => !notForUs.has(code)).toSorted(),
    );
  });

  it('given every code, when an error is made of it, then it says what to do', () => {
    for (const code of [...codesIn('ServiceErrorCode'), ...codesIn('ClientErrorCode')]) {
      expect(new TesseraError(code as ErrorCode, 'a message').advice).toMatch(/^[A-Z].*\.$/);
    }
  });

  it.each([
    [
      503,
      { 'retry-after': '7' },
      '{"error":"temporarily_unavailable","error_description":"Later"}',
      'temporarily_unavailable',
      7,
    ],
    [429, { 'retry-after': '1' }, '', 'temporarily_unavailable', 1],
    [502, {}, '<html>', 'server_error', undefined],
    [404, {}, '<html>', 'answer_invalid', undefined],
    [400, {}, '{"error":7}', 'answer_invalid', undefined],
  ])('given an answer %i %j %s, when it is read, then it is %s', async (status, headers, body, code, retryAfter) => {
    const error = await caught(read(new Response(body, { status, headers: headers as Record<string, string> })));

    expect(error).toMatchObject({ code, status, retryAfter });
  });

  it('given an answer that is no JSON object, when it is read, then it is refused', async () => {
    expect(await caught(read(new Response('[]')))).toMatchObject({ code: 'answer_invalid' });
  });

  it.each(['constructor', 'a_code_of_another_server'])(
    'given the code %s, when an error is made of it, then it says what to do',
    (code) => {
      expect(new TesseraError(code as ErrorCode, 'a message').advice).toBe('Begin the login again.');
    },
  );

  it.each([
    ['invalid_grant', 'redirect_uri_mismatch', 'Register redirectUri'],
    ['invalid_grant', 'refresh_token_reused', 'refresh_token_grace'],
    ['invalid_grant', 'code_expired', 'Begin the login again.'],
    ['invalid_dpop_proof', 'dpop_proof_missing', 'Hand dpop() to this client.'],
    ['invalid_dpop_proof', 'constructor', 'clock'],
    ['unauthorized_client', 'a_reason', 'Correct this client'],
    ['unsupported_response_type', 'a_reason', 'Correct this client'],
    ['tokens_missing', 'a_reason', 'Begin the login.'],
  ])(
    'given %s with the reason %s, when an error is made of it, then what it says is of the reason',
    (code, reason, advice) => {
      expect(new TesseraError(code as ErrorCode, 'a message', { reason }).advice).toContain(advice);
    },
  );

  it('given every code, and every reason of docs/errors.md with its code, when an error is made of it, then it says what this table does', () => {
    const codes = [...codesIn('ServiceErrorCode'), ...codesIn('ClientErrorCode')].map((code) => [code, undefined]);
    const reasons = [...page.matchAll(/^\| `([a-z_]+)` +\| \d+ +\| `([a-z_]+)`/gm)].map(([, reason, code]) => [
      code,
      reason,
    ]);
    const configure = 'Correct this client or its registration.';
    const expected = (code = '', reason = '') =>
      particular.get(reason) ??
      particular.get(code) ??
      (/client|support/.test(code) ? configure : 'Begin the login again.');

    expect(reasons.length).toBeGreaterThan(50);
    for (const [code, reason] of [...codes, ...reasons]) {
      const error = new TesseraError(code as ErrorCode, 'a message', { reason });
      expect([code, reason, error.advice]).toEqual([code, reason, expected(code, reason)]);
    }
  });

  it('given advice for a reason, when the service gives that reason, then the error has it', () => {
    const error = errorOf(
      new Response('', { status: 400 }),
      { error: 'invalid_grant', reason: 'a_reason' },
      { a_reason: 'Do this.' },
    );

    expect(error).toMatchObject({ reason: 'a_reason', advice: 'Do this.' });
  });
});
