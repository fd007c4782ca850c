import { describe, expect, it } from '@jest/globals';
import type { User } from '../../src/domain/identity/user-store';
import { newId } from '../../src/domain/credentials/secret';
import { browserOf, change, newPerson, storedUser } from '../support/clients/account-page';
import { LinkPage, secretIn } from '../support/clients/link-page';
import { openLoginPage, signedForm } from '../support/clients/login-page';
import { newAccount } from '../support/clients/wallet';
import { adminToken } from '../support/operations/admin';
import { eventsOf } from '../support/operations/audit';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { linkIn, MailServer } from '../support/service/mail-server';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const newAddress = () => `${newId().replaceAll(/\W/g, 'x').toLowerCase()}@example.com`;

describe.each(storesUnderTest)('POST /account/email on %s', (store) => {
  const server = fixture(() => MailServer.start());
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken, ...server.env }));

  async function someone(changes: Partial<User> = {}) {
    const person = await newPerson(service, changes);
    return { person, browser: await browserOf(service, person) };
  }

  it('given an address, when it is sent, then a link is mailed to it, and its button makes the address the person’s', async () => {
    const former = newAddress();
    const { person, browser } = await someone({ email: former, emailVerified: true });
    const email = newAddress();

    const events = await eventsOf(service, () => change(browser, '/email', { email: ` ${email} ` }));
    const [mail] = await server.to(email);
    const [told] = await server.to(former);
    const before = await storedUser(service, person);
    const waiting = await (await browser.fetch('/account')).text();
    const used = await new LinkPage(service).send(secretIn(linkIn(mail!)), {});

    expect(events).toContainEqual(expect.objectContaining({ type: 'email_changed', sub: person.id }));
    expect(told?.text).toContain('Another email address was given for your account.');
    expect(before).toMatchObject({ email: former, emailVerified: true });
    expect(waiting).toContain(`A link was mailed to <strong>${email}</strong>`);
    expect(used.status).toBe(303);
    expect(await storedUser(service, person)).toMatchObject({ email, emailVerified: true });
    const html = await (await browser.fetch('/account')).text();
    expect(html).toContain(`<strong>${email}</strong>`);
    expect(html).not.toContain('A link was mailed');
  });

  it('given two addresses, when the link of the first is used, then it is link_unknown: the last one counts', async () => {
    const { person, browser } = await someone();
    const [first, last] = [newAddress(), newAddress()];
    await change(browser, '/email', { email: first });
    const [mailOfFirst] = await server.to(first);
    await change(browser, '/email', { email: last });
    await server.to(last);

    const used = await new LinkPage(service).send(secretIn(linkIn(mailOfFirst!)), {});

    expect(used.status).toBe(400);
    expect(await storedUser(service, person)).not.toHaveProperty('email');
  });

  it('given three addresses in an hour, when there is another, then it is 429, with or without limits', async () => {
    const { browser } = await someone();

    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      statuses.push((await change(browser, '/email', { email: newAddress() })).status);
    }

    expect(statuses).toEqual([303, 303, 303, 429]);
  });

  it.each([
    ['none', ''],
    ['no domain', 'anna'],
    ['two', 'anna@example.com, bertha@example.com'],
    ['a line break', 'anna@example.com\r\nBcc: all@example.com'],
    ['255 characters', `${'a'.repeat(60)}@${'b'.repeat(190)}.com`],
  ])('given the address %s, when it is sent, then it is field_invalid', async (_case, email) => {
    const { browser } = await someone();

    const response = await change(browser, '/email', { email });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'field_invalid' });
  });

  it('given a wallet that is nobody’s, when it sends an address, then it is access_denied', async () => {
    const page = await openLoginPage(service.url);
    await page.browser.postForm('/login/wallet', await signedForm(page, newAccount()));

    const response = await change(page.browser, '/email', { email: newAddress() });

    expect(await errorOf(response)).toMatchObject({ status: 403, reason: 'access_denied' });
  });
});

describe('a service without SMTP_URL', () => {
  const service = fixture(() => startService());

  it('given an address, when it is sent, then it is mail_unavailable, and the page does not ask for one', async () => {
    const browser = await browserOf(service, await newPerson(service));

    const html = await (await browser.fetch('/account')).text();
    const response = await change(browser, '/email', { email: newAddress() });

    expect(html).not.toContain('/account/email');
    expect(await errorOf(response)).toMatchObject({ status: 409, reason: 'mail_unavailable' });
  });
});
