import { describe, expect, it } from '@jest/globals';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { registerClient } from '../../../../test/support/clients/registered.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import { createWebLogin, requireLogin } from '../../src/web/next.ts';

const origin = 'http://localhost:1';

describe('a route of Next.js for who is logged in', () => {
  const service = fixture(startService);
  const login = fixture(async () => {
    const { clientId } = await registerClient(service, { redirectUris: [`${origin}/auth/callback`] });
    return createWebLogin({ issuer: service.url, clientId, origin });
  });

  /** The cookies of a browser that has logged in. */
  async function cookies(): Promise<string> {
    const sent = await login.handle(new Request(`${origin}/auth/login`));
    const atService = await loggedIn(service);
    const { headers } = await atService.fetch(sent?.headers['location'] ?? '');
    const cookie = pairsOf(sent?.cookies);
    const back = await login.handle(new Request(headers.get('location') ?? '', { headers: { cookie } }));
    return pairsOf(back?.cookies);
  }

  it('given the parameters of its path, when it is asked, then its handler has them after the session', async () => {
    const route = requireLogin(login, async (_request, { claims }, { params }: { params: Promise<{ id: string }> }) =>
      Response.json({ of: claims?.sub, id: (await params).id }),
    );
    const request = new Request(`${origin}/notes/7`, { headers: { cookie: await cookies() } });

    const response = await route(request, { params: Promise.resolve({ id: '7' }) });

    expect(await response.json()).toEqual({ of: 'user0', id: '7' });
  });
});

/** As a browser sends them again. */
const pairsOf = (cookies: readonly string[] = []) => cookies.map((each) => each.split(';')[0]).join('; ');
