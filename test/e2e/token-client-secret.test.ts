import { describe, expect, it } from '@jest/globals';
import { basic, codeFor, type Fields, type IssuedCode, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const unauthenticated = {
  error: 'invalid_client',
  error_description: 'Client authentication failed',
  reason: 'client_authentication_failed',
};
const confidential = { client_id: 'demo-client' };
const withBasic = { client_id: undefined };

describe.each(storesUnderTest)('a client with a secret at /token on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const newCode = (changes?: Fields): Promise<IssuedCode> => codeFor(service, browser, changes);

  it.each([
    ['client_secret_basic', withBasic, basic('demo-client', 'demo-secret')],
    ['client_secret_basic with the client id in the form too', confidential, basic('demo-client', 'demo-secret')],
    ['client_secret_basic, form-encoded', withBasic, basic('demo%2Dclient', 'demo%2Dsecret')],
    ['client_secret_post', { ...confidential, client_secret: 'demo-secret' }, {}],
  ])(
    'given %s, when the code is redeemed, then it gives tokens',
    async (_case, changes: Fields, headers: HeadersInit) => {
      const code = await newCode(confidential);

      const { status } = await redeem(service, code, changes, headers);

      expect(status).toBe(200);
    },
  );

  it.each([
    ['a wrong secret by basic', withBasic, basic('demo-client', 'wrong')],
    ['an unknown client by basic', withBasic, basic('nobody', 'demo-secret')],
    ['an empty secret by basic', withBasic, basic('demo-client', '')],
    ['another client id in the form', { client_id: 'demo-spa' }, basic('demo-client', 'demo-secret')],
    ['another scheme', withBasic, { authorization: 'Bearer demo-secret' }],
    ['basic that is not base64', withBasic, { authorization: 'Basic %%%' }],
    ['basic without a colon', withBasic, { authorization: `Basic ${Buffer.from('demo-client').toString('base64')}` }],
    ['basic with a broken escape', withBasic, basic('demo-client', '%zz')],
  ])(
    'given %s, when the code is redeemed, then it is 401 with the challenge of the scheme',
    async (_case, changes: Fields, headers: HeadersInit) => {
      const code = await newCode(confidential);

      const attempt = await redeem(service, code, changes, headers);
      const owner = await redeem(service, code, withBasic, basic('demo-client', 'demo-secret'));

      expect(attempt.status).toBe(401);
      expect(attempt.headers.get('www-authenticate')).toBe(`Basic realm="${service.url}"`);
      expect(attempt.headers.get('cache-control')).toBe('no-store');
      expect(attempt.body).toEqual(unauthenticated);
      expect(owner.status).toBe(200);
    },
  );

  it.each([
    ['no secret', {}],
    ['a wrong secret in the form', { client_secret: 'wrong' }],
    [
      'an assertion that is none',
      { client_assertion: 'x.y.z', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
    ],
  ])('given %s, when a confidential client redeems, then it is 401', async (_case, changes: Fields) => {
    const attempt = await redeem(service, await newCode(confidential), changes);

    expect(attempt.status).toBe(401);
    expect(attempt.body).toEqual(unauthenticated);
  });

  it('given two methods at once, when the code is redeemed, then it is refused', async () => {
    const code = await newCode(confidential);

    const attempt = await redeem(service, code, { client_secret: 'demo-secret' }, basic('demo-client', 'demo-secret'));

    expect(attempt.status).toBe(400);
    expect(attempt.body).toMatchObject({ error: 'invalid_request', reason: 'client_authentication_repeated' });
  });

  it('given an unknown client and a wrong secret, when they are compared, then the answers are the same', async () => {
    const answers = [
      await redeem(service, await newCode(), { client_secret: 'wrong', client_id: 'demo-client' }),
      await redeem(service, await newCode(), { client_secret: 'wrong', client_id: 'nobody' }),
    ];

    expect(answers[0]).toMatchObject({ status: answers[1]?.status, body: answers[1]?.body });
  });
});
