import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { SignUps } from '../../src/protocols/login/sign-up/sign-ups';
import { newPerson, storedUser } from '../support/clients/account-page';
import { Authenticator } from '../support/clients/authenticator';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { LinkPage, secretIn } from '../support/clients/link-page';
import { sendPassword } from '../support/clients/login-page';
import { authorizationQuery } from '../support/clients/pkce-login';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { linkIn, MailServer } from '../support/service/mail-server';
import { startService, type TestService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const password = 'a password of their own';
const open = { ADMIN_TOKEN: adminToken, SIGN_UP: 'open' };
const reasonOf = async (response: Response) => [response.status, (await errorOf(response)).reason];
const anAddress = () => `person-${newId().replaceAll(/\W/g, 'x').toLowerCase()}@example.com`;

/** A browser that has the page open, and sends its form. */
async function signUpPage({ url }: TestService, query = '', browser = new BrowserSession(url)) {
  const hidden = hiddenFields(await (await browser.fetch(`/sign-up?${query}`)).text());
  const send = (fields: Readonly<Record<string, string>>) => browser.postForm('/sign-up', { ...hidden, ...fields });
  const challenge = (username: string) =>
    browser.fetch('/sign-up/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ csrf: hidden['csrf'], username }),
    });
  return { browser, send, challenge };
}

const logIn = async ({ url }: TestService, username: string) =>
  (await sendPassword(new BrowserSession(url), { username, password })).status;

describe.each(bothStores)('a sign-up on %s', (store) => {
  const service = fixture(() => startService(store, open));
  const userNamed = (username: string) => service.app.get(UserStore).findByUsername(username);

  it('given prompt=create, when an account is made by password, then the browser is signed in and goes back to the application', async () => {
    const [browser, username] = [new BrowserSession(service.url), newId()];
    const asked = await browser.fetch(`/authorize?${authorizationQuery({ prompt: 'create' })}`);
    const [path, query = ''] = (asked.headers.get('location') ?? '').split('?');

    const page = await signUpPage(service, query, browser);
    const made = await page.send({ username, password });
    const answered = await browser.fetch(made.headers.get('location') ?? '');

    expect([path, made.status]).toEqual(['/sign-up', 303]);
    expect(new URL(answered.headers.get('location') ?? '').searchParams.get('code')).toBeTruthy();
    expect(await logIn(service, username)).toBe(303);
  });

  it('given a session, when prompt=create is asked for, then it leads to the sign-up all the same', async () => {
    const { browser, send } = await signUpPage(service);
    await send({ username: newId(), password });

    const asked = await browser.fetch(`/authorize?${authorizationQuery({ prompt: 'create' })}`);

    expect(asked.headers.get('location')).toMatch(/^\/sign-up\?/);
  });

  it('given a passkey, when an account is made by it, then it is stored, and the login page comes next', async () => {
    const [page, username] = [await signUpPage(service), newId()];
    const options = await (await page.challenge(username)).json();
    const credential = JSON.stringify(new Authenticator({ origin: service.config.issuer }).create(options));

    const another = await page.send({ username: newId(), credential });
    const made = await page.send({ username, credential, name: 'My phone' });

    const user = await userNamed(username);
    expect(await reasonOf(another)).toEqual([400, 'challenge_unknown']);
    expect([made.status, made.headers.get('location')]).toEqual([303, '/login?']);
    expect(user?.passkeys?.map(({ name }) => name)).toEqual(['My phone']);
    expect([user?.userHandle, user?.passwordHash]).toEqual([options.user.id, undefined]);
  });

  it('given one name, when 20 sign up with it at once, then one gets it, whatever its case', async () => {
    const username = newId();
    const pages = await Promise.all(Array.from({ length: 20 }, () => signUpPage(service)));

    const answers = await Promise.all(
      pages.map(({ send }, at) => send({ username: at % 2 === 0 ? username : username.toUpperCase(), password })),
    );
    const challenge = await pages[0]!.challenge(username);

    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array.from({ length: 19 }, () => 409)]);
    expect(await reasonOf(challenge)).toEqual([409, 'already_exists']);
  });

  it.each([
    ['a name that is none', { username: '', password }, 400, 'field_invalid'],
    ['no password', {}, 400, 'password_unfit'],
    ['a common password', { password: 'password123' }, 400, 'password_unfit'],
    ['a credential that is none', { credential: '{}' }, 400, 'credential_malformed'],
    ['a form of nobody', { csrf: 'x', password }, 403, 'csrf_invalid'],
  ])(
    'given %s, when the form is sent, then it is refused, and there is no account',
    async (_what, fields, status, reason) => {
      const username = newId();

      const refused = await (await signUpPage(service)).send({ username, ...fields });

      expect(await reasonOf(refused)).toEqual([status, reason]);
      expect(await userNamed(username)).toBeUndefined();
    },
  );
});

describe('a sign-up with mail', () => {
  const server = fixture(() => MailServer.start());
  const service = fixture(() => startService('lmdb', { ...open, ...server.env }));

  it('given an address, when its link is used, then the account can sign in, and not before', async () => {
    const [username, email] = [newId(), anAddress()];

    const made = await (await signUpPage(service)).send({ username, password, email });
    const before = await logIn(service, username);
    const [mail] = await server.to(email);
    const used = await new LinkPage(service).send(secretIn(linkIn(mail!)), {});
    const again = await new LinkPage(service).send(secretIn(linkIn(mail!)), {});
    const user = await service.app.get(UserStore).findByUsername(username);

    expect([made.status, before, used.status, used.headers.get('set-cookie') ?? '']).toEqual([200, 401, 303, '']);
    expect(await reasonOf(again)).toEqual([400, 'link_used']);
    expect([user?.emailVerified, user?.unverifiedUntil]).toEqual([true, undefined]);
    expect(mail?.text).not.toContain(username);
    expect(await logIn(service, username)).toBe(303);
  });

  it("given somebody's address, when another signs up with it, then the response is the same, and the owner is told without a link", async () => {
    const email = anAddress();
    const owner = await newPerson(service, { email, emailVerified: true });

    const [free, taken] = await Promise.all(
      [anAddress(), email.toUpperCase()].map(async (address) =>
        (await signUpPage(service)).send({ username: newId(), password, email: address }),
      ),
    );
    const [mail] = await server.to(email);
    const pages = await Promise.all([free, taken].map((each) => each?.text()));

    expect([free?.status, taken?.status]).toEqual([200, 200]);
    expect(pages[0]).toBe(pages[1]);
    expect(mail?.text).toContain(owner.username);
    expect(linkIn(mail!)).toBe('no link');
    expect((await storedUser(service, owner)).emailVerified).toBe(true);
  });

  it('given an address that is not verified, when a day has passed, then the account is removed, and its name is free', async () => {
    const [username, email] = [newId(), anAddress()];
    const users = service.app.get(UserStore);
    await (await signUpPage(service)).send({ username, password, email });
    const [mail] = await server.to(email);

    const early = await (await signUpPage(service)).send({ username, password, email });
    await service.app.get(SignUps).removeUnverified();
    const kept = await users.findByUsername(username);
    service.clock.advance(86_400_000 + 61_000);
    const late = await new LinkPage(service).send(secretIn(linkIn(mail!)), {});
    const again = await (await signUpPage(service)).send({ username, password, email: anAddress() });
    service.clock.advance(86_400_000 + 61_000);
    await service.app.get(SignUps).removeUnverified();

    expect([early.status, again.status]).toEqual([409, 200]);
    expect(kept).toBeDefined();
    expect(await reasonOf(late)).toEqual([400, 'link_expired']);
    expect(await users.findByUsername(username)).toBeUndefined();
  });

  it('given no address, or one that is none, when the form is sent, then it is field_invalid', async () => {
    const page = await signUpPage(service);

    const answers = [
      await page.send({ username: newId(), password }),
      await page.send({ username: newId(), password, email: 'anna' }),
    ];

    for (const answer of answers) expect(await reasonOf(answer)).toEqual([400, 'field_invalid']);
  });
});

describe('the limits of sign-ups', () => {
  const service = fixture(() => startService('lmdb', { ...open, RATE_LIMIT: 'on' }));

  it('given 20 sign-ups of one address in an hour, when another comes, then it is 429 until the hour is over', async () => {
    const send = async () => (await signUpPage(service)).send({ username: newId(), password });
    const first = [];
    for (let at = 0; at < 20; at += 1) first.push((await send()).status);

    const refused = await send();
    service.clock.advance(3_600_000);
    const later = await send();

    expect(new Set(first)).toEqual(new Set([303]));
    expect([refused.status, later.status]).toEqual([429, 303]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('the limit of a day', () => {
  const service = fixture(() => startService('lmdb', { ...open, RATE_LIMIT: 'off' }));

  it('given 10,000 sign-ups in a day from anywhere, when another comes, then it is 429 until the day is over', async () => {
    const signUps = service.app.get(SignUps);
    const send = async () => (await signUpPage(service)).send({ username: newId(), password });
    // The day has just begun.
    service.clock.advance(86_400_000 - (service.clock.now() % 86_400_000));
    await service.clock.standStill(async () => {
      for (let counted = 0; counted < 9_999; counted += 99) {
        await Promise.all(Array.from({ length: 99 }, () => signUps.count({ ip: '198.18.0.1', host: '198.18.0.1' })));
      }
    });

    const last = await send();
    const refused = await send();
    service.clock.advance(86_400_000);
    const later = await send();

    expect([last.status, refused.status, later.status]).toEqual([303, 429, 303]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_600);
  });
});

describe('a service without sign-up', () => {
  const service = fixture(startService);

  it('given SIGN_UP=off, when its pages and prompt=create are asked for, then there are none', async () => {
    const page = await signUpPage(service);
    const answers = [
      await page.browser.fetch('/sign-up'),
      await page.challenge('anna'),
      await page.send({ username: 'anna', password }),
    ];
    const asked = await page.browser.fetch(`/authorize?${authorizationQuery({ prompt: 'create' })}`);
    const metadata = await fetch(`${service.url}/.well-known/openid-configuration`).then((response) => response.json());

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(new URL(asked.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
    expect(metadata.prompt_values_supported).not.toContain('create');
  });
});
