import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiStore } from '../../src/domain/apis/api-store';
import type { Client } from '../../src/domain/clients/client';
import { hashPassword } from '../../src/domain/credentials/password';
import { newId } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { hiddenFields } from '../support/clients/browser-session';
import { authorizationQuery, type Fields, locationOf, loggedIn } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

describe.each(storesUnderTest)('consent on %s', (name) => {
  let partner: Client;

  const service = fixture(() => startService(name));
  const browser = fixture(() => loggedIn(service));
  const notes = fixture(() => registerApi(service, { name: 'Notes <of> everybody' }));
  const files = fixture(() =>
    registerApi(service, {
      name: 'Files',
      scopes: [{ name: 'notes:read', description: 'Read the notes in your files' }],
    }),
  );

  const ask = (by: Client, scope: string, resources: readonly string[], changes: Fields = {}) => {
    const [redirectUri = ''] = by.redirectUris;
    const query = authorizationQuery({ client_id: by.clientId, redirect_uri: redirectUri, scope, ...changes });
    for (const resource of resources) query.append('resource', resource);
    return browser.fetch(`/authorize?${query}`);
  };
  const answerOf = (response: Response) => Object.fromEntries(locationOf(response, service).searchParams);
  const allow = async (by: Client, scope: string, resources: readonly string[]) => {
    const hidden = hiddenFields(await (await ask(by, scope, resources)).text());
    return answerOf(await browser.postForm('/consent', { ...hidden, decision: 'allow' }));
  };
  const isAsked = async (by: Client, scope: string, resources: readonly string[]) =>
    (await ask(by, scope, resources, { prompt: undefined })).status === 200;

  it('given a third party, when it asks for APIs, then the page says what each of them would let it do', async () => {
    partner = await registerClient(service, { firstParty: false });

    const html = await (
      await ask(partner, 'openid notes:read', [notes.identifier, service.url, files.identifier])
    ).text();

    const text = html.replaceAll(/\s+/g, ' ');
    expect(text).toContain('Know who you are');
    expect(text).toMatch(/Notes &lt;of&gt; everybody.*<li>Read your notes<\/li> <\/ul>/);
    expect(text).toMatch(/At Files it.*<li>Read the notes in your files<\/li> <\/ul>/);
    expect(text).not.toContain('Write notes');
  });

  it('given the page, when a browser opens it, then no frame may hold it, and its script is there before its button', async () => {
    partner = await registerClient(service, { firstParty: false });

    const response = await ask(partner, 'openid', []);

    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(html).toMatch(/<script src="\/assets\/consent-sight.js"><\/script>\s*<form/);
    expect(html).not.toMatch(/<script(?! src="\/assets\/)|\sstyle=|\son\w+=/);
  });

  it('given an allowance, when the client asks again, then it counts for that API and those scopes, and adds up', async () => {
    partner = await registerClient(service, { firstParty: false });

    const first = await allow(partner, 'openid notes:read', [notes.identifier]);
    const asked = [
      await isAsked(partner, 'openid notes:read', [notes.identifier]),
      await isAsked(partner, 'notes:read', [files.identifier]),
      await isAsked(partner, 'notes:read notes:write', [notes.identifier]),
      await isAsked(partner, 'openid', [notes.identifier, files.identifier]),
      await isAsked(partner, 'openid profile', []),
    ];
    await allow(partner, 'notes:read', [files.identifier]);
    await allow(partner, 'profile', []);
    const later = await isAsked(partner, 'openid profile notes:read', [
      files.identifier,
      service.url,
      notes.identifier,
    ]);

    expect(first).toHaveProperty('code');
    expect(asked).toEqual([false, true, true, true, true]);
    expect(later).toBe(false);
  });

  it('given an allowance, when another client asks for the same, then it is asked for', async () => {
    const [one, other] = [
      await registerClient(service, { firstParty: false }),
      await registerClient(service, { firstParty: false }),
    ];

    await allow(one, 'notes:read', [notes.identifier]);

    expect(await isAsked(one, 'notes:read', [notes.identifier])).toBe(false);
    expect(await isAsked(other, 'notes:read', [notes.identifier])).toBe(true);
  });

  it('given an API without scopes, when a third party asks for it, then the page says so, and once', async () => {
    partner = await registerClient(service, { firstParty: false });
    const { identifier } = await registerApi(service, { name: 'Bare', scopes: [] });

    const html = await (await ask(partner, '', [identifier])).text();
    const allowed = await allow(partner, '', [identifier]);

    expect(html).toContain('At Bare it will be able to');
    expect(allowed).toHaveProperty('code');
    expect(await isAsked(partner, '', [identifier])).toBe(false);
  });

  it('given a page that was shown, when the API is removed before it is allowed, then the client is told invalid_target', async () => {
    partner = await registerClient(service, { firstParty: false });
    const { id, identifier } = await registerApi(service);
    const hidden = hiddenFields(await (await ask(partner, 'notes:read', [identifier])).text());
    await service.app.get(ApiStore).remove(id);

    const response = await browser.postForm('/consent', { ...hidden, decision: 'allow' });

    expect(answerOf(response)).toMatchObject({ error: 'invalid_target' });
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

        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ reason: 'state_required' });
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
    const hidden = hiddenFields(await first.text());
    const allowed = await browser.postForm('/consent', { ...hidden, decision: 'allow' });
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
