import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ContentObject } from '../../src/platform/http/openapi';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { documentOf, operationsOf } from '../support/docs/api-document';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { askWith, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { type Answer, newAccount, post } from '../support/clients/wallet';
import type { IssuedChallenge } from '../../src/protocols/wallet/issued-challenge.openapi';

describe('the schemas of the OpenAPI document', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);

  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const document = fixture(() => documentOf(service));
  beforeAll(() => {
    ajv.addSchema({ ...document, $id: 'document' });
  });

  /** Asserts that an answer has a status that the document knows, and a body that its schema allows. */
  function expectDocumented(path: string, method: string, { status, body }: Pick<Answer, 'status' | 'body'>): void {
    const at = ['paths', path, method, 'responses', String(status)];
    expectValid([...at, 'content', 'application/json', 'schema'], body);
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

  function check(place: readonly string[], content: ContentObject = {}): number {
    const values = Object.entries(content).flatMap(([type, { example, examples: named = {} }]) => [
      ...(example === undefined ? [] : [{ type, value: example }]),
      ...Object.values(named).map(({ value }) => ({ type, value })),
    ]);
    for (const { type, value } of values) expectValid([...place, 'content', type, 'schema'], value);
    return values.length;
  }

  it('given every example, when it is held against its schema, then it is allowed', () => {
    let examples = 0;
    for (const { path, method, operation } of operationsOf(document)) {
      const at = ['paths', path, method];
      examples += check([...at, 'requestBody'], operation.requestBody?.content);
      for (const [status, { content }] of Object.entries(operation.responses)) {
        examples += check([...at, 'responses', status], content);
      }
    }

    expect(examples).toBeGreaterThan(100);
  });

  it('given a login of each model, when its answers are held against the schemas, then they are allowed', async () => {
    const code = await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' });
    const account = newAccount();

    const redeemed = await redeem(service, code);
    const replayed = await redeem(service, code);
    const challenge = await post(service, '/wallet/challenge', { address: account.address });
    const { nonce, message } = challenge.body as unknown as IssuedChallenge;
    const signed = { nonce, signature: await account.signMessage({ message }) };
    const signedIn = await post(service, '/wallet/verify', signed);
    const signedInAgain = await post(service, '/wallet/verify', signed);

    for (const answer of [redeemed, replayed]) expectDocumented('/token', 'post', answer);
    expectDocumented('/wallet/challenge', 'post', challenge);
    for (const answer of [signedIn, signedInAgain]) expectDocumented('/wallet/verify', 'post', answer);
    for (const { body } of [redeemed, signedIn]) {
      for (const path of ['/api/me', '/userinfo']) {
        expectDocumented(path, 'get', await read(await askWith(service, body['access_token'], path)));
      }
    }
    expectDocumented('/debug/state', 'get', await read(await fetch(`${service.url}/debug/state`)));
  });

  it.each([
    '/.well-known/openid-configuration',
    '/.well-known/jwks.json',
    '/health/ready',
    '/compare/attacks',
    '/authorize',
    '/api/me',
  ])('given %s without anything, when its answer is held against the schema, then it is allowed', async (path) => {
    expectDocumented(path, 'get', await read(await fetch(service.url + path)));
  });

  it.each(['/token', '/wallet/challenge', '/wallet/verify', '/login', '/consent', '/login/wallet'])(
    'given %s and a body of another type, when its refusal is held against the schema, then it is allowed',
    async (path) => {
      const refusal = await fetch(service.url + path, { method: 'POST', body: 'text' });

      expectDocumented(path, 'post', await read(refusal));
    },
  );
});

async function read(response: Response): Promise<Pick<Answer, 'status' | 'body'>> {
  return { status: response.status, body: await response.json() };
}
