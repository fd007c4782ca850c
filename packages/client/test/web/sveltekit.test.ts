import { describe, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { registerClient } from '../../../../test/support/clients/registered.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import * as onExpress from '../../src/web/express.ts';
import * as onFastify from '../../src/web/fastify.ts';
import * as onHono from '../../src/web/hono.ts';
import { createWebLogin, findSession, loginHandle, requireLogin, sessionOf } from '../../src/web/sveltekit.ts';

const origin = 'http://localhost:1';

describe('an application of SvelteKit', () => {
  const service = fixture(startService);
  const login = fixture(async () => {
    const { clientId } = await registerClient(service, { redirectUris: [`${origin}/auth/callback`] });
    return createWebLogin({ issuer: service.url, clientId, origin });
  });

  const handle = fixture(() => ({
    of: loginHandle(login, ({ url }) => (url.pathname.startsWith('/notes') ? {} : undefined)),
  }));

  /** The cookies of a browser that has logged in. */
  async function cookies(): Promise<string> {
    const sent = await login.handle(new Request(`${origin}/auth/login`));
    const { headers } = await (await loggedIn(service)).fetch(sent?.headers['location'] ?? '');
    const cookie = pairsOf(sent?.cookies);
    return pairsOf((await login.handle(new Request(headers.get('location') ?? '', { headers: { cookie } })))?.cookies);
  }

  it('given a navigation within the page, when nobody is logged in, then it is a redirect to the login, and back to the page', async () => {
    const response = await handle.of({ event: eventOf('/notes/7/__data.json'), resolve: served });

    const location = `${origin}/auth/login?return_to=%2Fnotes%2F7`;
    expect([response.status, response.headers.get('location')]).toEqual([303, location]);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('given a form of another site, when it is posted to what is guarded, then it is 403, and not served', async () => {
    const event = eventOf('/notes', await cookies(), 'POST');
    event.request.headers.set('origin', 'https://attacker.example');

    expect((await handle.of({ event, resolve: served })).status).toBe(403);
  });

  it('given an event of a load function, when its page is guarded, then it has the session of the hook', async () => {
    const event = eventOf('/notes', await cookies());
    const load = () => sessionOf({ locals: event.locals }).claims?.sub;

    const response = await handle.of({ event, resolve: async () => new Response(load()) });

    expect(await response.text()).toBe('user0');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('given a page that everybody may see, when it is opened, then it is served, and it can ask who is there', async () => {
    const [nobody, somebody] = [eventOf('/'), eventOf('/', await cookies())];

    const response = await handle.of({ event: nobody, resolve: served });

    expect(await response.text()).toBe('served');
    expect(response.headers.has('cache-control')).toBe(false);
    expect(await findSession(login, nobody)).toBeUndefined();
    expect((await findSession(login, somebody))?.claims?.sub).toBe('user0');
  });

  it('given a handler of +server.ts, when it is asked, then who is logged in is served, and nobody else', async () => {
    const GET = requireLogin(login, ({ url }: ReturnType<typeof eventOf>, { claims }) =>
      Response.json({ path: url.pathname, of: claims?.sub }),
    );

    const [nobody, somebody] = [await GET(eventOf('/api')), await GET(eventOf('/api', await cookies()))];

    expect(nobody.status).toBe(401);
    expect(await somebody.json()).toEqual({ path: '/api', of: 'user0' });
  });
});

describe('a route that nothing guards', () => {
  it.each<[string, () => unknown]>([
    ['Express', () => onExpress.sessionOf({} as never)],
    ['Fastify', () => onFastify.sessionOf({} as never)],
    ['SvelteKit', () => sessionOf({ locals: {} })],
  ])('given one on %s, when it asks for the session, then that is an error', (_, ask) => {
    expect(ask).toThrow(TypeError);
  });

  it('given one on Hono, when it asks for the session, then that is an error', async () => {
    const app = new Hono();
    app.get('/', (context) => context.json(onHono.sessionOf(context).claims));
    app.onError((error, context) => context.text(error.name, 500));

    expect(await (await app.request('/')).text()).toBe('TypeError');
  });
});

/** As a browser sends them again. */
const pairsOf = (cookies: readonly string[] = []) => cookies.map((each) => each.split(';')[0]).join('; ');

const eventOf = (path: string, cookie = '', method = 'GET') => ({
  request: new Request(`${origin}${path}`, { method, headers: { cookie } }),
  url: new URL(path.replace('/__data.json', ''), origin),
  isDataRequest: path.endsWith('/__data.json'),
  locals: {},
});

const served = async () => new Response('served');
