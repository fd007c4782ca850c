import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiStore } from '../../src/domain/apis/api-store';
import type { Client } from '../../src/domain/clients/client';
import { hashPassword } from '../../src/domain/credentials/password';
import { newId } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { hiddenFields } from '../support/clients/browser-session';
import { openLoginPage, sendPassword } from '../support/clients/login-page';
import { allow, authorizationQuery, type Fields, locationOf, loggedIn } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('consent on %s', (name) => {
  const service = fixture(() => startService(name));
  const browser = fixture(() => loggedIn(service));
  const notes = fixture(() => registerApi(service, { name: 'Notes <of> everybody' }));
  const files = fixture(() =>
    registerApi(service, {
      name: 'Files',
      scopes: [{ name: 'notes:read', description: 'Read the notes in your files' }],
    }),
  );

  const partner = fixtureOfEach(() => registerClient(service, { name: 'A partner', firstParty: false }));

  const ask = (by: Client, scope: string, resources: readonly string[], changes: Fields = {}) => {
    const [redirectUri = ''] = by.redirectUris;
    const query = authorizationQuery({ client_id: by.clientId, redirect_uri: redirectUri, scope, ...changes });
    for (const resource of resources) query.append('resource', resource);
    return browser.fetch(`/authorize?${query}`);
  };
  const answerOf = (response: Response) => Object.fromEntries(locationOf(response, service).searchParams);
  const allowed = async (by: Client, scope: string, resources: readonly string[]) => {
    return answerOf(await allow(browser, await ask(by, scope, resources)));
  };
  const formOf = async (by = browser) => {
    const query = authorizationQuery({ client_id: partner.clientId });
    return hiddenFields(await (await by.fetch(`/authorize?${query}`)).text());
  };
  const isAsked = async (by: Client, scope: string, resources: readonly string[]) =>
    (await ask(by, scope, resources, { prompt: undefined })).status === 200;

  it('given a third party, when it asks for APIs, then the page says what each of them would let it do', async () => {
    const html = await (
      await ask(partner, 'openid notes:read', [notes.identifier, service.url, files.identifier])
    ).text();

    const text = html.replaceAll(/\s+/g, ' ');
    expect(text).toContain('Know who you are');
    expect(text).toMatch(/Notes &lt;of&gt; everybody.*<li>Read your notes<\/li> <\/ul>/);
    expect(text).toMatch(/At Files it.*<li>Read the notes in your files<\/li> <\/ul>/);
    expect(text).not.toContain('Write notes');
  });

  it('given a third party, when it asks at first, then the page is one form with two buttons, which no frame may hold', async () => {
    const response = await ask(partner, 'openid', []);

    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(html.match(/<form/g)).toHaveLength(1);
    expect(html.match(/<button[^>]*name="decision" value="(?:allow|deny)"/g)).toHaveLength(2);
    expect(html).toContain('A partner');
    // Its script is there before its button.
    expect(html).toMatch(/<script src="\/assets\/consent-sight.js"><\/script>\s*<form/);
    expect(html).not.toMatch(/<script(?! src="\/assets\/)|\sstyle=|\son\w+=/);
  });

  it('given an allowance, when the client asks again, then it counts for that API and those scopes, and adds up', async () => {
    const first = await allowed(partner, 'openid notes:read', [notes.identifier]);
    const asked = [
      await isAsked(partner, 'openid notes:read', [notes.identifier]),
      await isAsked(partner, 'notes:read', [files.identifier]),
      await isAsked(partner, 'notes:read notes:write', [notes.identifier]),
      await isAsked(partner, 'openid', [notes.identifier, files.identifier]),
      await isAsked(partner, 'openid profile', []),
    ];
    await allowed(partner, 'notes:read', [files.identifier]);
    await allowed(partner, 'profile', []);
    const later = await isAsked(partner, 'openid profile notes:read', [
      files.identifier,
      service.url,
      notes.identifier,
    ]);
    const prompted = await ask(partner, 'openid', [], { prompt: 'consent' });

    expect(first).toEqual({ code: expect.any(String), state: 'state-of-the-browser', iss: service.url });
    expect(asked).toEqual([false, true, true, true, true]);
    expect(later).toBe(false);
    expect(await prompted.text()).toContain('name="decision"');
  });

  it('given an allowance, when another client asks for the same, then it is asked for', async () => {
    const other = await registerClient(service, { firstParty: false });

    await allowed(partner, 'notes:read', [notes.identifier]);

    expect(await isAsked(partner, 'notes:read', [notes.identifier])).toBe(false);
    expect(await isAsked(other, 'notes:read', [notes.identifier])).toBe(true);
  });

  it('given an API without scopes, when a third party asks for it, then the page says so, and once', async () => {
    const { identifier } = await registerApi(service, { name: 'Bare', scopes: [] });

    const html = await (await ask(partner, '', [identifier])).text();
    const answer = await allowed(partner, '', [identifier]);

    expect(html).toContain('At Bare it will be able to');
    expect(answer).toHaveProperty('code');
    expect(await isAsked(partner, '', [identifier])).toBe(false);
  });

  it('given a page that was shown, when the API is removed before it is allowed, then the client is told invalid_target', async () => {
    const { id, identifier } = await registerApi(service);
    const page = await ask(partner, 'notes:read', [identifier]);
    await service.app.get(ApiStore).remove(id);

    const response = await allow(browser, page);

    expect(answerOf(response)).toMatchObject({ error: 'invalid_target' });
  });

  describe('the form', () => {
    it('given a denial, when it is sent, then the client is told access_denied', async () => {
      const response = await browser.postForm('/consent', { ...(await formOf()), decision: 'deny' });

      expect(locationOf(response, service).href).toMatch(/^http:\/\/127\.0\.0\.1\/callback\?/);
      expect(answerOf(response)).toEqual({
        error: 'access_denied',
        error_description: expect.any(String),
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it.each([
      ['no csrf field', { csrf: '', decision: 'allow' }, 403, 'csrf_invalid'],
      ['no decision', {}, 400, 'decision_required'],
    ])('given %s, when it is sent, then it is refused', async (_case, changes, status, reason) => {
      const response = await browser.postForm('/consent', { ...(await formOf()), ...changes });

      expect(await errorOf(response)).toMatchObject({ status, reason });
    });

    it('given a request in it without a challenge, when it is allowed, then it is refused as at /authorize', async () => {
      const hidden = await formOf();
      const request = new URLSearchParams(hidden['request']);
      request.delete('code_challenge');

      const response = await browser.postForm('/consent', { ...hidden, request: `${request}`, decision: 'allow' });

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'code_challenge_required' });
    });

    it('given no session any more, when it is sent, then the browser is sent to the login', async () => {
      const { browser: visitor, hidden } = await openLoginPage(service.url);
      const request = authorizationQuery({ client_id: partner.clientId }).toString();

      const response = await visitor.postForm('/consent', { csrf: hidden['csrf'] ?? '', request, decision: 'allow' });

      expect(response.headers.get('location')).toMatch(/^\/login\?/);
    });

    it('given another login since the page was shown, when it is allowed, then it is asked for again, and nobody consented', async () => {
      const visitor = await loggedIn(service);
      const hidden = await formOf(visitor);
      await sendPassword(visitor);

      const response = await visitor.postForm('/consent', { ...hidden, decision: 'allow' });
      const again = await formOf(visitor);

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/authorize\?/);
      expect(again['asked']).toEqual(expect.any(String));
      expect(again['asked']).not.toBe(hidden['asked']);
    });
  });

  describe('of a client that need not send a state', () => {
    it('given none, when it asks, then it gets its code without one, and errors too; and one that is sent comes back', async () => {
      const by = await registerClient(service, { requireState: false });

      const answers = [
        answerOf(await ask(by, 'openid', [], { state: undefined })),
        answerOf(await ask(by, 'openid', [], { state: '' })),
        answerOf(await ask(by, 'nonsense', [], { state: undefined })),
        answerOf(await ask(by, 'openid', [], { state: 'sent' })),
      ];

      const code = { code: expect.any(String), iss: service.url };
      const error = { error: 'invalid_scope', error_description: expect.any(String), iss: service.url };
      expect(answers).toEqual([code, code, error, { ...code, state: 'sent' }]);
    });

    it('given a client that says nothing of it, or true, when it sends none, then it is refused', async () => {
      for (const changes of [{}, { requireState: true }]) {
        const by = await registerClient(service, changes);

        const response = await ask(by, 'openid', [], { state: undefined });

        expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'state_required' });
      }
    });
  });

  it('given a public client on localhost, when it asks from any port, then the answer goes there; a confidential one is refused', async () => {
    const redirectUris = ['http://localhost:3000/callback'];
    const [spa, web] = [
      await registerClient(service, { redirectUris }),
      await registerClient(service, { redirectUris, authentication: 'client_secret' }),
    ];
    const redirect_uri = 'http://localhost:51004/callback';

    const [ofSpa, ofWeb] = [
      await ask(spa, 'openid', [], { redirect_uri }),
      await ask(web, 'openid', [], { redirect_uri }),
    ];

    expect(locationOf(ofSpa, service).href).toMatch(/^http:\/\/localhost:51004\/callback\?code=/);
    expect(ofWeb.status).toBe(400);
  });
});

describe.each(storesUnderTest)('consent in production on %s', (name) => {
  const service = fixture(() => startService(name, { NODE_ENV: 'production', RATE_LIMIT: 'off' }));
  beforeAll(async () => {
    const user = { id: newId(), username: 'user0', passwordHash: await hashPassword('password0'), demo: false };
    await service.app.get(UserStore).add(user);
  });
  const browser = fixture(() => loggedIn(service));

  const ask = (by: Client, changes: Fields = {}) => {
    const [redirectUri = ''] = by.redirectUris;
    return browser.fetch(
      `/authorize?${authorizationQuery({ client_id: by.clientId, redirect_uri: redirectUri, ...changes })}`,
    );
  };

  it.each([
    'http://127.0.0.1/callback',
    'http://[::1]/callback',
    'http://localhost/callback',
    'http://app.example/callback',
    'com.example.app:/callback',
    'cursor://anysphere.cursor/callback',
  ])('given a public first party at %s, when it asks, then the consent page comes every time', async (uri) => {
    const by = await registerClient(service, { redirectUris: [uri] });

    const first = await ask(by);
    const allowed = await allow(browser, first);
    const second = await ask(by);
    const silent = await ask(by, { prompt: 'none' });

    expect([first.status, allowed.status, second.status, silent.status]).toEqual([200, 303, 200, 303]);
    expect(allowed.headers.get('location')).toMatch(/[?&]code=/);
    expect(silent.headers.get('location')).toMatch(/[?&]error=consent_required&/);
  });

  it('given a redirect URI without a host, when its page is shown, then it names the scheme', async () => {
    const by = await registerClient(service, { redirectUris: ['com.example.app:/callback'] });

    expect(await (await ask(by)).text()).toContain('<dd>com.example.app:</dd>');
  });

  it.each<[string, Partial<Client>]>([
    ['a public first party at https', { redirectUris: ['https://app.example/callback'] }],
    ['a confidential first party on loopback', { authentication: 'client_secret' }],
  ])('given %s, when it asks, then it gets its code', async (_case, changes) => {
    const by = await registerClient(service, changes);

    const response = await ask(by);

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toMatch(/[?&]code=/);
  });
});
