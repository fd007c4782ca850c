import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ContentObject } from '../../src/platform/http/openapi';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { operationsOf } from '../support/docs/api-document';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { newAccount } from '../support/clients/wallet';

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const authorization = {
  response_type: 'code',
  client_id: 'demo-spa',
  redirect_uri: 'http://127.0.0.1/callback',
  state: 'af0ifjsldkj',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  scope: 'openid offline_access',
};

describe('the schemas of the OpenAPI document', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);

  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const document = fixture(() => fetch(`${service.url}/docs-json`).then((response) => response.json()));
  beforeAll(() => {
    ajv.addSchema({ ...document, $id: 'document' });
  });

  /** Asserts that an answer has a status that the document knows, and a body that its schema allows. */
  async function expectDocumented(path: string, method: string, response: Response): Promise<unknown> {
    const body: unknown = await response.json();
    const place = [
      'paths',
      path,
      method,
      'responses',
      String(response.status),
      'content',
      'application/json',
      'schema',
    ];
    expectValid(place, body);
    return body;
  }

  function expectValid(place: readonly string[], value: unknown): void {
    const validate = schemaAt(place);
    expect({ place, valid: validate(value), errors: validate.errors }).toEqual({ place, valid: true, errors: null });
  }

  function schemaAt(place: readonly string[]): ValidateFunction {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const reference = `document#/${pointer}`;
    const validate = ajv.getSchema(reference);
    if (validate === undefined) throw new Error(`no schema at ${reference}`);
    return validate;
  }

  const postJson = (path: string, body: unknown) =>
    fetch(service.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  function check(place: readonly string[], content: ContentObject): number {
    const values = Object.entries(content).flatMap(([type, { example, examples: named = {} }]) => [
      ...(example === undefined ? [] : [{ type, value: example }]),
      ...Object.values(named).map((each) => ({ type, value: 'value' in each ? each.value : undefined })),
    ]);
    for (const { type, value } of values) expectValid([...place, 'content', type, 'schema'], value);
    return values.length;
  }

  it('given every example, when it is held against its schema, then it is allowed', () => {
    let examples = 0;
    for (const { path, method, operation } of operationsOf(document)) {
      const at = ['paths', path, method];
      const body = operation.requestBody;
      if (body !== undefined && 'content' in body) examples += check([...at, 'requestBody'], body.content);
      for (const [status, response] of Object.entries(operation.responses)) {
        if (response === undefined || !('content' in response)) continue;
        examples += check([...at, 'responses', status], response.content ?? {});
      }
    }

    expect(examples).toBeGreaterThan(100);
  });

  it('given a login of each model, when its answers are held against the schemas, then they are allowed', async () => {
    const browser = new BrowserSession(service.url);
    const page = await browser.fetch(`/login?${new URLSearchParams(authorization)}`).then((each) => each.text());
    const form = { ...hiddenFields(page), username: 'user0', password: 'password0' };
    const resumed = await browser.postForm('/login', form);
    const redirect = await browser.fetch(resumed.headers.get('location') ?? '');
    const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? '';
    const { redirect_uri, client_id } = authorization;
    const redemption = { grant_type: 'authorization_code', client_id, redirect_uri, code, code_verifier: verifier };
    const redeem = () => fetch(`${service.url}/token`, { method: 'POST', body: new URLSearchParams(redemption) });
    const account = newAccount();
    const asked = await postJson('/wallet/challenge', { address: account.address });

    const tokens = await expectDocumented('/token', 'post', await redeem());
    await expectDocumented('/token', 'post', await redeem());
    const challenge = await expectDocumented('/wallet/challenge', 'post', asked);
    const { nonce, message } = challenge as { nonce: string; message: string };
    const signed = { nonce, signature: await account.signMessage({ message }) };
    const signedIn = await expectDocumented('/wallet/verify', 'post', await postJson('/wallet/verify', signed));
    await expectDocumented('/wallet/verify', 'post', await postJson('/wallet/verify', signed));
    for (const answer of [tokens, signedIn]) {
      const { access_token } = answer as { access_token: string };
      const headers = { authorization: `Bearer ${access_token}` };
      await expectDocumented('/api/me', 'get', await fetch(`${service.url}/api/me`, { headers }));
      await expectDocumented('/userinfo', 'get', await fetch(`${service.url}/userinfo`, { headers }));
    }
    await expectDocumented('/debug/state', 'get', await fetch(`${service.url}/debug/state`));
  });

  it.each([
    '/.well-known/openid-configuration',
    '/.well-known/jwks.json',
    '/health/ready',
    '/compare/attacks',
    '/authorize',
    '/api/me',
  ])('given %s without anything, when its answer is held against the schema, then it is allowed', async (path) => {
    await expectDocumented(path, 'get', await fetch(service.url + path));
  });

  it.each(['/token', '/wallet/challenge', '/wallet/verify', '/login', '/consent', '/login/wallet'])(
    'given %s and a body of another type, when its refusal is held against the schema, then it is allowed',
    async (path) => {
      const refusal = await fetch(service.url + path, { method: 'POST', body: 'text' });

      await expectDocumented(path, 'post', refusal);
    },
  );
});
