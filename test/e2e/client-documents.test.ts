import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ClientStore } from '../../src/domain/clients/client-store';
import { deepestJson } from '../../src/platform/http/json';
import { documentServer } from '../support/clients/document-server';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { hostileValue } from '../support/service/hostile-values';
import { askWith, authorizationQuery, loggedIn, postToken, redeem, refresh } from '../support/clients/pkce-login';
import { openingPath, pushRequest } from '../support/clients/pushed-request';
import { allowedCode, ask, callback } from '../support/clients/registration';
import { nestedJson } from '../support/run/nested';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const [minute, day] = [60_000, 86_400_000];

describe.each(storesUnderTest)('clients with metadata documents on %s', (name) => {
  let clientId: string;
  let paths = 0;

  const service = fixture(() => startService(name));
  const browser = fixture(() => loggedIn(service));
  const host = fixtureOfEach(documentServer);
  beforeEach(() => {
    paths += 1;
    clientId = `${host.origin}/client-${paths}`;
    host.serve(documentOf());
  });

  const documentOf = (changes: Readonly<Record<string, unknown>> = {}) => ({
    client_id: clientId,
    client_name: 'A client of the web',
    client_uri: 'https://maker.example/',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    ...changes,
  });

  describe('a login', () => {
    it('given a document, when its client asks, then the page names its hosts, and its tokens refresh without another look', async () => {
      const page = await (await ask(browser, clientId)).text();
      const tokens = await redeem(service, await allowedCode(service, browser, clientId));
      const looks = host.asked.length;
      const refreshed = await refresh(service, tokens.body['refresh_token'], { client_id: clientId });

      expect(page).toContain('A client of the web');
      expect(page).toContain(new URL(clientId).host);
      expect(page).toContain('127.0.0.1');
      expect((await askWith(service, tokens.body['access_token'])).status).toBe(200);
      expect([refreshed.status, host.asked.length]).toEqual([200, looks]);
    });

    it('given a document that does not say for how long, when its client asks often, then it is fetched once', async () => {
      await ask(browser, clientId);
      await Promise.all([ask(browser, clientId), ask(browser, clientId)]);
      await postToken(service, { client_id: clientId });

      expect(host.asked).toEqual([{ method: 'GET', url: `/client-${paths}`, body: '' }]);
    });

    it('given many requests at once, when nothing is known, then they share one fetch', async () => {
      await Promise.all(Array.from({ length: 10 }, () => ask(browser, clientId)));

      expect(host.asked).toHaveLength(1);
    });

    it.each([
      ['max-age=120', 2 * minute],
      ['public, max-age=31536000', day],
      ['no-cache', 0],
    ])(
      'given Cache-Control: %s, when that time is over, then it is fetched again, and not before',
      async (cacheControl, lasts) => {
        host.serve(documentOf(), { 'cache-control': cacheControl });
        await ask(browser, clientId);
        if (lasts > 0) {
          service.clock.advance(lasts - 10_000);
          await ask(browser, clientId);
          expect(host.asked).toHaveLength(1);
          service.clock.advance(20_000);
        }

        await ask(browser, clientId);

        expect(host.asked).toHaveLength(2);
      },
    );

    it('given a document that has changed, when it is fetched again, then the client is what it says now', async () => {
      host.serve(documentOf(), { 'cache-control': 'no-cache' });
      await ask(browser, clientId);
      host.serve(documentOf({ redirect_uris: ['https://moved.example/callback'] }));

      const response = await ask(browser, clientId);

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'redirect_uri_unregistered' });
    });

    it('given a document that was fetched, when pages of its redirect URIs ask, then they may read the answers', async () => {
      const origin = `https://client-${paths}.example`;
      host.serve(documentOf({ redirect_uris: [`${origin}/callback`] }));
      const allowed = async () => (await postToken(service, {}, { origin })).headers.get('access-control-allow-origin');

      const before = await allowed();
      await ask(browser, clientId, { redirect_uri: `${origin}/callback` });

      expect([before, await allowed()]).toEqual([null, origin]);
    });

    it('given a pushed request, when its client is not known yet, then its document is fetched', async () => {
      const { answer } = await pushRequest(service, { client_id: clientId, redirect_uri: callback, state: undefined });

      expect(answer.status).toBe(201);
      expect(host.asked).toHaveLength(1);
    });

    it('given a client that is not known, when it is named elsewhere, then nothing is fetched', async () => {
      const fields = { client_id: clientId, grant_type: 'authorization_code', code: 'a' };

      expect((await postToken(service, fields)).status).toBe(401);
      expect(host.asked).toEqual([]);
    });

    it('given nobody who logs in, when a day is over, then nothing is left of it', async () => {
      await ask(browser, clientId);
      const before = await service.app.get(ClientStore).find(clientId);

      service.clock.advance(day + 1);

      expect(before).toMatchObject({ registeredBy: 'document', firstParty: false, requireState: false });
      expect(await service.app.get(ClientStore).find(clientId)).toBeUndefined();
    });
  });

  it('given a document that may not be kept, when it is looked at again, then its client stays no longer, and keeps what is ours', async () => {
    host.serve(documentOf(), { 'cache-control': 'no-store' });
    await ask(browser, clientId);
    const stored = () => service.app.get(ClientStore).find(clientId);
    const first = await stored();
    await service.app.get(ClientStore).change(clientId, (client) => ({ ...client, refreshTokenGrace: 0 }));
    service.clock.advance(minute);

    await ask(browser, clientId);

    expect(await stored()).toMatchObject({ expiresAt: first?.expiresAt, refreshTokenGrace: 0 });
    expect(host.asked).toHaveLength(2);
  });

  it('given a pushed request of a document that may not be kept, when it is opened, then the document is fetched once', async () => {
    host.serve(documentOf(), { 'cache-control': 'no-store' });
    const pushed = await pushRequest(service, { client_id: clientId, redirect_uri: callback, state: undefined });
    const before = host.asked.length;

    const page = await browser.fetch(openingPath(clientId, pushed.requestUri));

    expect([page.status, host.asked.length - before]).toEqual([200, 1]);
  });

  const limited = fixture(() => startService(name, { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.1,::1' }));

  it('given limits and strangers who name documents at its host, when a known client asks, then it is served', async () => {
    const guest = await loggedIn(limited);
    const askFrom = (ip: string, id: string) =>
      guest.fetch(`/authorize?${authorizationQuery({ client_id: id, redirect_uri: callback, state: undefined })}`, {
        headers: { 'x-forwarded-for': ip },
      });
    host.serve(documentOf(), { 'cache-control': 'no-store' });
    const statuses = await limited.clock.standStill(async () => {
      const first = await askFrom('198.51.100.1', clientId);
      for (let at = 0; at < 60; at += 1) await askFrom(`198.51.${at}.7`, `${host.origin}/made-up-${at}`);
      const again = await askFrom('198.51.100.1', clientId);
      const madeUp = await askFrom('198.51.100.1', `${host.origin}/one-more`);
      return [first, again, madeUp].map(({ status }) => status);
    });

    expect(statuses).toEqual([200, 200, 429]);
  });

  it('given limits, when one IP address names one document after the other, then no more are fetched in that minute', async () => {
    const statuses: number[] = [];

    await limited.clock.standStill(async () => {
      for (let count = 0; count < 31; count += 1) {
        const query = authorizationQuery({ client_id: `${host.origin}/${count}` });
        statuses.push((await fetch(`${limited.url}/authorize?${query}`)).status);
      }
    });

    expect([statuses.at(29), statuses.at(30), host.asked.length]).toEqual([400, 429, 30]);
  });

  describe('a document that is not allowed so', () => {
    it.each([
      ['client_id', 'https://other.example/'],
      ['client_id', undefined],
      ['client_secret', 'a-secret'],
      ['client_secret_expires_at', 0],
      ['token_endpoint_auth_method', 'client_secret_basic'],
      ['token_endpoint_auth_method', 'client_secret_post'],
      ['token_endpoint_auth_method', 'private_key_jwt'],
      ['redirect_uris', ['javascript:alert(1)']],
      ['jwks', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
    ])('given %s as %j, when its client asks, then it is invalid_client, with the reason', async (field, value) => {
      host.serve(documentOf({ [field]: value }));

      const body = await errorOf(await ask(browser, clientId));

      expect(body).toMatchObject({ status: 400, error: 'invalid_client', reason: 'client_document_invalid' });
      expect(JSON.stringify(body)).not.toContain('a-secret');
      expect(await service.app.get(ClientStore).find(clientId)).toBeUndefined();
    });

    it.each(['', '[]', 'null', '"a"', '{', '<html>'])(
      'given the document %j, when its client asks, then it is none',
      async (text) => {
        host.serve(text);

        expect(await errorOf(await ask(browser, clientId))).toMatchObject({ reason: 'client_document_invalid' });
      },
    );

    it('given a document, when it is nested deeper than JSON of others may be, then it is none', async () => {
      host.serve(nestedJson(deepestJson, documentOf()), { 'cache-control': 'no-cache' });
      const { status } = await ask(browser, clientId);

      host.serve(nestedJson(deepestJson + 1, documentOf()));
      const refused = await errorOf(await ask(browser, clientId));

      expect(status).toBe(200);
      expect(refused).toMatchObject({ status: 400, reason: 'client_document_invalid' });
      expect(String(refused['error_description'])).toContain(`at most ${deepestJson} levels deep`);
    });

    it('given any value in any field, when its client asks, then it is taken or refused, and never a fault of ours', async () => {
      const fields = ['client_id', 'client_name', 'redirect_uris', 'jwks', 'scope', 'grant_types', '__proto__'];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...fields), hostileValue, async (field, value) => {
          host.serve(documentOf({ [field]: value }), { 'cache-control': 'no-cache' });

          expect([200, 303, 400]).toContain((await ask(browser, clientId)).status);
        }),
        fewerRuns(50),
      );
    });
  });

  describe('a host that does not answer so', () => {
    it.each([
      ['a redirect', 302, { location: '/elsewhere' }, ''],
      ['more than 5 KB', 200, { 'content-type': 'application/json' }, `{"a":"${'a'.repeat(5_200)}"}`],
    ] as const)(
      'given %s, when its client asks, then it is invalid_client, with the reason on the page',
      async (_what, status, headers, text) => {
        host.answer = (_request, response) => void response.writeHead(status, headers).end(text);

        const body = await errorOf(await ask(browser, clientId));
        const page = await browser.fetch(`/authorize?${authorizationQuery({ client_id: clientId })}`, {
          headers: { accept: 'text/html' },
        });

        expect(body).toMatchObject({ status: 400, error: 'invalid_client', reason: 'client_document_unreachable' });
        expect(await page.text()).toContain('its host answered');
      },
    );

    it('given one that was down, when it is up again, then the client may ask', async () => {
      host.answer = (_request, response) => void response.writeHead(503).end();
      await ask(browser, clientId);
      host.serve(documentOf());

      expect((await ask(browser, clientId)).status).toBe(200);
    });
  });

  it('given the client_id https://169.254.169.254/latest/meta-data, when it asks, then its IP address is refused', async () => {
    expect(await errorOf(await ask(browser, 'https://169.254.169.254/latest/meta-data'))).toMatchObject({
      error: 'invalid_client',
      reason: 'client_document_unreachable',
      error_description: expect.stringContaining('not on the public Internet'),
    });
  });

  it.each([
    'http://client.example/',
    'https://client.example',
    'https://client.example/a#b',
    'https://user:password@client.example/',
    'https://client.example/a/../b',
    'HTTPS://client.example/a',
    'https://CLIENT.example/a',
    `https://client.example/${'a'.repeat(512)}`,
  ])('given the client_id %s, when it asks, then that is no URL of a document', async (id) => {
    expect(['client_document_invalid', 'client_unknown']).toContain((await errorOf(await ask(browser, id))).reason);
  });
});

describe('whether there are metadata documents', () => {
  it('given CLIENT_ID_METADATA_DOCUMENTS=off, when a URL asks, then it is an unknown client, and the metadata says so', async () => {
    const service = await startService('lmdb', { CLIENT_ID_METADATA_DOCUMENTS: 'off' });
    const host = await documentServer();

    const response = await ask(await loggedIn(service), `${host.origin}/client`);
    const metadata = await fetch(`${service.url}/.well-known/openid-configuration`).then((answer) => answer.json());
    await Promise.all([service.stop(), host.close()]);

    expect(await response.json()).toMatchObject({ reason: 'client_unknown' });
    expect(host.asked).toEqual([]);
    expect(metadata).toMatchObject({ client_id_metadata_document_supported: false });
  });
});
