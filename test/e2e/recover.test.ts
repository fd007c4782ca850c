import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { MailDelivery } from '../../src/domain/mail/mail-delivery';
import { newPerson, storedUser } from '../support/clients/account-page';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { LinkPage, newLinkOf, secretIn } from '../support/clients/link-page';
import { sendPassword } from '../support/clients/login-page';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { linkIn, MailServer } from '../support/service/mail-server';
import { startService } from '../support/service/service';

const new_password = 'a password of their own';

describe('the page /recover', () => {
  const server = fixture(() => MailServer.start());
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken, ...server.env }));

  async function mailedPerson(verified = true) {
    const email = `person-${newId().replaceAll(/\W/g, 'x').toLowerCase()}@example.com`;
    return { ...(await newPerson(service, { email, emailVerified: verified })), email };
  }

  async function ask(identifier: string): Promise<Response> {
    const browser = new BrowserSession(service.url);
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/recover')).text());
    return browser.postForm('/recover', { csrf, identifier });
  }

  /** The mails to the person once everything that was asked for is sent. */
  async function mailsTo({ email }: { readonly email: string }, last: { readonly email: string }) {
    await ask(last.email);
    await server.to(last.email);
    await service.app.get(MailDelivery).deliver();
    return server.mails.filter(({ to }) => to === email);
  }

  it.each([
    ['username', ({ username }: { username: string }) => ` ${username.toUpperCase()} `],
    ['email address', ({ email }: { email: string }) => email.toUpperCase()],
  ])(
    'given the %s of a user, when it is asked for, then a link of an hour is mailed, which recovers',
    async (_what, of) => {
      const person = await mailedPerson();

      const asked = await ask(of(person));
      const [mail] = await server.to(person.email);
      const link = (await storedUser(service, person)).links?.[0];
      const used = await new LinkPage(service).send(secretIn(linkIn(mail!)), { new_password });
      const { status } = await sendPassword(new BrowserSession(service.url), {
        username: person.username,
        password: new_password,
      });

      expect(asked.status).toBe(200);
      expect(Math.round(((link?.expiresAt ?? 0) - service.clock.now()) / 60_000)).toBe(60);
      expect([used.status, status]).toEqual([303, 303]);
    },
  );

  it('given nobody, a disabled user and one with an unverified address, when they are asked for, then the page is the same, and nobody is mailed', async () => {
    const [known, last] = [await mailedPerson(), await mailedPerson()];
    const unverified = await mailedPerson(false);
    const disabled = { email: 'disabled@example.com' };
    const { username } = await newPerson(service, { ...disabled, emailVerified: true, disabled: true });

    const pages = await Promise.all(
      [
        known.username,
        unverified.username,
        unverified.email,
        username,
        disabled.email,
        'nobody',
        'x'.repeat(300),
        '',
      ].map(async (identifier) => (await ask(identifier)).text()),
    );
    const mails = [...(await mailsTo(unverified, last)), ...server.mails.filter(({ to }) => to === disabled.email)];

    const withoutForm = pages.map((html) => html.replace(/name="csrf" value="[^"]*"/, ''));
    expect(new Set(withoutForm).size).toBe(1);
    expect(mails).toEqual([]);
  });

  it('given a user, when a link is asked for ten times, from many browsers, then three are mailed in an hour', async () => {
    const [person, last] = [await mailedPerson(), await mailedPerson()];

    await Promise.all(Array.from({ length: 10 }, () => ask(person.username)));
    await server.to(person.email, 3);

    expect(await mailsTo(person, last)).toHaveLength(3);
  });

  it('given a link that an operator made, when others ask for one by mail, then it can still be used', async () => {
    const person = await mailedPerson();
    const shown = await newLinkOf(service, person.id, 'recovery');

    await ask(person.username);
    await server.to(person.email);
    const used = await new LinkPage(service).send(shown, { new_password });

    expect(used.status).toBe(303);
  });

  it('given a form of nobody, when it is sent, then it is csrf_invalid', async () => {
    const response = await new BrowserSession(service.url).postForm('/recover', { csrf: 'x', identifier: 'user0' });

    expect([response.status, (await errorOf(response)).reason]).toEqual([403, 'csrf_invalid']);
  });
});

describe('the page /recover without mail', () => {
  const service = fixture(startService);

  it('given no SMTP_URL, when it is opened, then it names the way of the operator', async () => {
    const html = await fetch(`${service.url}/recover`).then((response) => response.text());

    expect(html).toContain('tessera users link');
    expect(html).not.toContain('<form');
    expect(html).toContain('href="/login/recovery"');
  });
});
