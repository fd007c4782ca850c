import { describe, expect, it } from '@jest/globals';
import { launchBrowser, layouts, pagesOf } from '../support/browser/browser';
import { VirtualAuthenticator } from '../support/browser/virtual-authenticator';
import { newPerson, storedUser } from '../support/clients/account-page';
import { newLinkOf } from '../support/clients/link-page';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const atAccount = (url: URL) => url.pathname === '/account';
const password = 'a password of their own';

describe('links and sign-ups in chromium', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken, SIGN_UP: 'open' }));
  const newPage = pagesOf(fixture(launchBrowser));

  it.each(layouts)(
    'given a recovery link, when a password is chosen %s, then its owner is signed in',
    async (_where, options) => {
      const person = await newPerson(service);
      const { page, problems } = await newPage(options);
      await page.goto(`${service.url}/link#${await newLinkOf(service, person.id, 'recovery')}`);

      expect(await page.getByText('Confirm the address').isVisible()).toBe(false);
      expect(await page.getByRole('checkbox').isVisible()).toBe(true);
      await page.getByLabel('New password').fill(password);
      await page.getByRole('button', { name: 'Set the password and sign in' }).click();
      await page.waitForURL(atAccount);

      await page.getByText(person.username).first().waitFor();
      expect(problems).toEqual([]);
    },
  );

  it.each(layouts)(
    'given an invitation, when a passkey is created %s, then its owner is signed in, and has it',
    async (_where, options) => {
      const person = await newPerson(service);
      const { page, context, problems } = await newPage(options);
      await VirtualAuthenticator.in(context, page);
      await page.goto(`${service.url}/link#${await newLinkOf(service, person.id)}`);

      expect(await page.getByRole('checkbox').isVisible()).toBe(false);
      await page.getByLabel('Name of the passkey').fill('My phone');
      await page.getByRole('button', { name: 'Create a passkey and sign in' }).click();
      await page.waitForURL(atAccount);

      expect((await storedUser(service, person)).passkeys?.map(({ name }) => name)).toEqual(['My phone']);
      expect(problems).toEqual([]);
    },
  );

  it('given no JavaScript, when the end of the link is copied into the page, then a password can be chosen', async () => {
    const person = await newPerson(service);
    const secret = await newLinkOf(service, person.id);
    const { page } = await newPage({ javaScriptEnabled: false });
    await page.goto(`${service.url}/link#${secret}`);

    await page.getByLabel('What follows the #').fill(secret);
    await page.getByLabel('New password').fill(password);
    await page.getByRole('button').first().click();
    await page.waitForURL(atAccount);
  });

  it('given a new name, when an account is made with a passkey, then the passkey signs it in at once', async () => {
    const { page, context, problems } = await newPage();
    await VirtualAuthenticator.in(context, page);
    await context.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await page.goto(`${service.url}/sign-up?page=account`);

    await page.getByLabel('Username').fill('somebody new');
    await page.getByRole('button', { name: 'Create the account with a passkey' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL(atAccount);

    await page.getByText('somebody new').first().waitFor();
    expect(problems).toEqual([]);
  });
});
