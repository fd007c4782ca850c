import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openLoginPage } from '../support/clients/login-page';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('\0', '{"$ne":null}', '__proto__', 'client_id=\0', `client_id=${'c'.repeat(3_000)}`, '\u{10FFFF}'),
);
const runs = fewerRuns(60);

describe.each(storesUnderTest)('the login page on %s under hostile input', (store) => {
  const service = fixture(() => startService(store));

  it('given any query, when the page is opened, then it is shown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, text, { maxKeys: 4 }), async (query) => {
        const { response } = await openLoginPage(service.url, new URLSearchParams(Object.entries(query)).toString());

        expect([200, 400]).toContain(response.status);
      }),
      runs,
    );
  });

  it('given any fields beside a right csrf, when they are sent, then it is a login that failed or a bad request', async () => {
    const { browser, hidden } = await openLoginPage(service.url);
    const fields = fc.record({ username: text, password: text, request: text });
    await fc.assert(
      fc.asyncProperty(fields, fc.dictionary(text, text, { maxKeys: 3 }), async (known, others) => {
        const response = await browser.postForm('/login', { ...others, ...hidden, ...known });

        expect([400, 401]).toContain(response.status);
      }),
      runs,
    );
  });

  it('given any csrf, when it is sent, then it is refused', async () => {
    const { browser } = await openLoginPage(service.url);
    await fc.assert(
      fc.asyncProperty(text, async (csrf) => {
        const response = await browser.postForm('/login', { csrf, username: 'user0', password: 'password0' });

        expect(response.status).toBe(403);
      }),
      runs,
    );
  });

  it('given any JSON beside a right csrf, when a wallet challenge is asked for, then it is a bad request', async () => {
    const { browser, hidden } = await openLoginPage(service.url);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), async (members, address) => {
        const body = JSON.stringify({ ...members, ...hidden, address });
        const headers = { 'content-type': 'application/json' };

        const response = await browser.fetch('/login/wallet/challenge', { method: 'POST', headers, body });

        expect([400, 413]).toContain(response.status);
      }),
      runs,
    );
  });

  it('given any answer beside a right csrf, when it is sent, then it is a bad request', async () => {
    const { browser, hidden } = await openLoginPage(service.url);
    const fields = fc.record({ nonce: text, signature: text, request: text });
    await fc.assert(
      fc.asyncProperty(fields, async (answer) => {
        const response = await browser.postForm('/login/wallet', { ...hidden, ...answer });

        expect(response.status).toBe(400);
      }),
      runs,
    );
  });

  it('given cookies that are not ours, when the page is opened, then it is shown and they are replaced', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]{0,200}$/), async (value) => {
        const cookie = `tessera_form=${value}; tessera_session=${value}`;

        const response = await fetch(`${service.url}/login`, { headers: { cookie } });

        expect(response.status).toBe(200);
        expect(response.headers.getSetCookie()).toHaveLength(1);
      }),
      runs,
    );
  });
});
