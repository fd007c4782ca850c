import { describe, expect, it } from '@jest/globals';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { dpop, memoryKeys } from '../src/index.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';

describe('what proves a client', () => {
  const service = fixture(startService);
  const follow = endUser(service);

  it('given a service that asks for its nonce, when the form is sent again, then it is made anew', async () => {
    let made = 0;
    const sent: (string | null)[] = [];
    let isFirst = true;
    const client = clientOf(service, {
      dpop: dpop({ keys: memoryKeys() }),
      authenticate: async (form) => {
        made += 1;
        form.set('client_assertion', `assertion ${made} for ${form.get('grant_type')}`);
      },
      fetch: async (url, init) => {
        if (init?.method !== 'POST') return fetch(url, init);
        const form = new URLSearchParams(String(init.body));
        sent.push(form.get('client_assertion'));
        form.delete('client_assertion');
        if (!isFirst) return fetch(url, { ...init, body: String(form) });
        isFirst = false;
        return Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers: { 'dpop-nonce': 'a-nonce' } });
      },
    });

    await client.finish(await follow(await client.begin())).catch(() => undefined);

    expect(sent.slice(0, 2)).toEqual(['assertion 1 for authorization_code', 'assertion 2 for authorization_code']);
  });
});
