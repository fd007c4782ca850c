import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { adminToken } from '../support/operations/admin';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { consoleBrowser, showToken } from '../support/operations/console';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService, startServiceOn } from '../support/service/service';
import { breakableStore, outagesOf } from '../support/stores/store-outage';
import { storesUnderTest } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

const path = '/admin/dashboard';
const signInPath = '/admin/console';
const cookieName = 'tessera_console';
const eightHours = 8 * 3_600_000;
/** Shows the token in the form that this page answers with. */
const show = (browser: BrowserSession, token: string, headers: HeadersInit = {}) =>
  showToken(browser, token, headers, path);

describe.each(storesUnderTest)('who may see the dashboard on %s', (store) => {
  let browser: BrowserSession;
  let minutes = 0;

  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  beforeEach(() => {
    browser = new BrowserSession(service.url);
    // A minute of its own for each test's guesses, from its beginning.
    minutes += 1;
    service.clock.advance(minutes * 60_000 - (service.clock.now() % 60_000));
  });

  it('given no cookie, when the dashboard is opened, then it is 401 with a form, and no figure', async () => {
    const answer = await browser.fetch(path);

    const html = await answer.text();
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="${service.url}"`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(html).toContain('<input id="token" name="token" type="password"');
    expect(html).not.toContain('<svg class="plot"');
  });

  it('given a caller that wants JSON, when it shows nothing, then it is the envelope', async () => {
    const answers = await Promise.all(
      [
        ['GET', path],
        ['POST', signInPath],
      ].map(([method = '', to = '']) => fetch(service.url + to, { method, headers: { accept: 'application/json' } })),
    );

    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(await answer.json()).toEqual({
        error: 'invalid_token',
        error_description: 'A token of the administration is required',
        reason: 'admin_token_required',
      });
    }
  });

  it('given the token, when it is sent with the form, then a cookie that is not it opens the dashboard', async () => {
    const answer = await show(browser, adminToken);
    const page = await browser.fetch(path);

    const line = answer.headers.getSetCookie().find((each) => each.startsWith(cookieName));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, path]);
    expect(line).toMatch(
      /^tessera_console=[\w-]{43}\.\d+\.[\w-]{43}; Max-Age=28800; Path=\/admin; HttpOnly; SameSite=Strict$/,
    );
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain(adminToken);
  });

  it('given an https issuer, when the cookie is given, then it is Secure', async () => {
    const secure = await startService(store, { ADMIN_TOKEN: adminToken, ISSUER: 'https://localhost' });

    const answer = await show(new BrowserSession(secure.url), adminToken);

    await secure.stop();
    expect(answer.headers.getSetCookie().join()).toMatch(
      /__Secure-tessera_console=[^;]+; Max-Age=28800; Path=\/admin; HttpOnly; Secure; SameSite=Strict/,
    );
  });

  it('given the bearer token, when a caller shows it, then it gets the page, and with a wrong one the envelope', async () => {
    const [right, wrong] = await Promise.all(
      [adminToken, 'wrong'].map((token) =>
        fetch(service.url + path, { headers: { authorization: `Bearer ${token}` } }),
      ),
    );

    expect([right?.status, wrong?.status]).toEqual([200, 401]);
    expect(await wrong?.json()).toMatchObject({ reason: 'admin_token_required' });
  });

  it.each([
    ['none', ''],
    ['a part', adminToken.slice(0, -1)],
    ['another case', adminToken.toUpperCase()],
    ['the token and more', `${adminToken} `],
    ['markup', '<script>alert(1)</script>'],
  ])('given %s in place of the token, when it is sent, then the form comes again with 401', async (_what, token) => {
    const answer = await show(browser, token);

    const html = await answer.text();
    expect(answer.status).toBe(401);
    expect(html).toMatch(/ role="alert">This token is not accepted. Please try again.</);
    expect(html).not.toContain('alert(1)');
    expect(browser.cookie(cookieName)).toBeUndefined();
  });

  it('given ten wrong ones, here or at the API, when more come, then they are 429, the right one is served', async () => {
    const guess = () => show(browser, 'wrong');
    const first = [];
    for (let count = 0; count < 5; count += 1) {
      first.push((await guess()).status);
      first.push((await fetch(`${service.url}/admin/keys`, { headers: { authorization: 'Bearer wrong' } })).status);
    }

    const further = await guess();
    const inJson = { method: 'POST', headers: { accept: 'application/json' } };
    const json = await fetch(service.url + signInPath, { ...inJson, body: new URLSearchParams({ token: 'wrong' }) });
    const none = await fetch(service.url + signInPath, inJson);
    const right = await show(browser, adminToken);

    expect(first).toEqual(first.map(() => 401));
    expect(further.status).toBe(429);
    expect(Number(further.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await further.text()).toContain('Too many wrong tokens');
    expect([json.status, (await json.json()).error]).toEqual([429, 'temporarily_unavailable']);
    expect(none.status).toBe(401);
    expect(right.status).toBe(303);
  });

  it('given the right token from no form of ours, when it is sent, then it is 403 and no cookie', async () => {
    const html = await (await new BrowserSession(service.url).fetch(path)).text();

    const answers = [
      await browser.postForm(signInPath, { token: adminToken }),
      await browser.postForm(signInPath, { ...hiddenFields(html), token: adminToken }),
      await show(browser, adminToken, { 'sec-fetch-site': 'cross-site' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(browser.cookie(cookieName)).toBeUndefined();
  });

  it('given a page of another site that sends wrong tokens, when its visitor sends one, then none was counted', async () => {
    for (let count = 0; count < 12; count += 1) await show(browser, 'wrong', { 'sec-fetch-site': 'cross-site' });

    const own = await show(browser, 'wrong', { 'sec-fetch-site': 'same-origin' });

    expect(own.status).toBe(401);
  });

  it.each([
    ['nothing', () => ''],
    ['a word', () => 'admin'],
    ['the token', () => adminToken],
    ['no MAC', (own: string) => `${own.split('.')[0]}.`],
    ['a later end', (own: string) => own.replace(/\.\d+\./, (end) => `.${Number(end.slice(1, -1)) + 1}.`)],
    ['an end of many digits', (own: string) => own.replace('.', `.${'9'.repeat(11)}`)],
    ['another MAC', (own: string) => own.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))],
    ['NUL bytes', () => '%00%00'],
    ['10,000 characters', () => 'a'.repeat(10_000)],
  ])('given a cookie of %s, when the dashboard is opened, then it is 401', async (_what, made) => {
    await show(browser, adminToken);
    browser.setCookie(cookieName, made(browser.cookie(cookieName) ?? ''));

    const { status } = await browser.fetch(path);

    expect(status).toBe(401);
  });

  it('given eight hours, when they are over, then the cookie is worth nothing', async () => {
    await show(browser, adminToken);

    service.clock.advance(eightHours - 2_000);
    const before = await browser.fetch(path);
    service.clock.advance(2_000);
    const after = await browser.fetch(path);

    expect([before.status, after.status]).toEqual([200, 401]);
  });

  it('given a sign-out, when the dashboard is opened again, then it asks for the token', async () => {
    await show(browser, adminToken);
    const page = await (await browser.fetch(path)).text();

    const forged = await browser.postForm(`${signInPath}/sign-out`, {});
    const out = await browser.postForm(`${signInPath}/sign-out`, hiddenFields(page));
    const again = await browser.fetch(path);

    expect([forged.status, out.status, out.headers.get('location'), again.status]).toEqual([403, 303, signInPath, 401]);
    expect(out.headers.getSetCookie().join()).toMatch(/tessera_console=;.*Path=\/admin/);
  });

  it('given a cookie of the dashboard, when the API is called with it, then it is worth nothing there', async () => {
    await show(browser, adminToken);

    const { status } = await browser.fetch('/admin/clients');

    expect(status).toBe(401);
  });

  it('given no admin token in the settings, when the dashboard is opened, then there is none', async () => {
    const without = await startService(store);

    const answers = await Promise.all([path, signInPath].map((each) => fetch(without.url + each)));

    await without.stop();
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });
});

describe.each(storesUnderTest)('the views of the dashboard on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const browser = fixture(() => consoleBrowser(service));
  beforeAll(async () => {
    const user = await loggedIn(service);
    const code = await codeFor(service, user);
    await redeem(service, code, { code_verifier: 'x'.repeat(43) });
    await redeem(service, code);
    await signIn(service, newAccount());
  });

  it.each(['executive', 'on-call', 'debug'])('given logins, when %s is shown, then they are in it', async (view) => {
    const answer = await browser.fetch(`${path}?view=${view}&range=15m`);

    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('<path class="line s0" d="M');
    expect(html).toContain('From this server’s memory');
    expect(html).not.toMatch(/<style|<script|\sstyle=|\son\w+=|https?:\/\/|NaN|undefined|Infinity/);
  });

  it('given one exchange of three that failed, when the figures are shown, then its share, reason and client are there', async () => {
    const [executive, onCall, debug] = await Promise.all(
      ['executive', 'on-call', 'debug'].map(async (view) => (await browser.fetch(`${path}?view=${view}`)).text()),
    );

    expect(executive).toMatch(/Exchange success \(M2\)<\/h2>\s*<p class="value bad">66\.7 %/);
    expect(executive).toMatch(/<dt>pkce<\/dt><dd class="value">1<\/dd>/);
    expect(onCall).toContain('token code_verifier_mismatch');
    expect(debug).toMatch(/<td>pkce<\/td><td>token<\/td><td>code_verifier_mismatch<\/td>/);
  });

  it.each(['15m', '1h', '6h', '24h'])('given a range of %s, when it is shown, then it is marked', async (range) => {
    const html = await (await browser.fetch(`${path}?view=debug&range=${range}`)).text();

    expect(html).toContain(`<a href="/admin/dashboard?view=debug&amp;range=${range}" aria-current="true">`);
    expect(html).toMatch(/<meta http-equiv="refresh" content="\d+">/);
  });

  it('given refresh=off, when the page is shown, then it does not load itself again', async () => {
    const html = await (await browser.fetch(`${path}?refresh=off`)).text();

    expect(html).not.toContain('http-equiv="refresh"');
    expect(html).toContain('Refresh every 30 s');
  });

  it.each([
    ['view', 'view=nothing'],
    ['view', 'view=EXECUTIVE'],
    ['view', 'view=../debug'],
    ['view', 'view=%00'],
    ['view', 'view=__proto__'],
    ['view', `view=${'x'.repeat(4_000)}`],
    ['range', 'range=1d'],
    ['range', 'range=constructor'],
    ['range', 'range=1h%3B%20drop'],
    ['range', 'range=<script>'],
    ['refresh', 'refresh=1'],
    ['given twice', 'view=debug&view=executive'],
  ])('given a hostile %s, when %s is asked for, then it is 400 and nothing of it comes back', async (name, query) => {
    const json = await browser.fetch(`${path}?${query}`, { headers: { accept: 'application/json' } });
    const page = await browser.fetch(`${path}?${query}`, { headers: { accept: 'text/html' } });

    expect([json.status, page.status]).toEqual([400, 400]);
    expect(await json.json()).toEqual({
      error: 'invalid_request',
      error_description: expect.stringContaining(name),
      reason: 'field_invalid',
    });
    expect(await page.text()).not.toContain('<script>');
  });
});

const outages = storesUnderTest.flatMap((store) => outagesOf[store].map((outage) => [store, outage] as const));

describe.each(outages)('the dashboard while %s is %s', (name, outage) => {
  it('given a browser that was let in, when the store is away, then it shows what it has', async () => {
    const store = await breakableStore(name);
    const service = await startServiceOn(store, { ADMIN_TOKEN: adminToken });
    const browser = await consoleBrowser(service);
    await signIn(service, newAccount());

    await store.goAway(outage);
    await eventually(async () => (await fetch(`${service.url}/health/ready`)).status === 503, { withinMs: 30_000 });
    const pages = [];
    for (const view of ['executive', 'on-call', 'debug']) pages.push(await browser.fetch(`${path}?view=${view}`));
    const right = await show(new BrowserSession(service.url), adminToken);
    await store.comeBack();
    await service.stop();
    await store.remove();

    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await pages[0]?.text()).toMatch(/<dt>wallet<\/dt><dd class="value">1<\/dd>/);
    expect(right.status).toBe(303);
  });
});
