import { describe, expect, it } from '@jest/globals';
import { createClient } from '@tessera/client';
import type { BrowserContextOptions } from 'playwright-core';
import { launchBrowser, layouts, pagesOf } from '../support/browser/browser';
import { VirtualAuthenticator } from '../support/browser/virtual-authenticator';
import { newSecret } from '../../src/domain/credentials/secret';
import { newPerson, personPassword } from '../support/clients/account-page';
import { Authenticator } from '../support/clients/authenticator';
import { listenForCallback } from '../support/clients/callback-listener';
import { addPasskey, newPasskeyOwner } from '../support/clients/passkey';
import { whoIs } from '../support/clients/who-is';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

describe('passkeys at the login page in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const app = fixture(listenForCallback);
  const newPage = pagesOf(browser);

  const isCallback = (url: URL) => url.origin === app.origin;

  /** A login, begun, in a browser whose autofill has passkeys or not. */
  async function begun(options?: BrowserContextOptions, autofill = false) {
    const { page, context, problems } = await newPage(options);
    // An authenticator that needs no touch answers the autofill at once, before anybody can press the button.
    if (!autofill) {
      await context.addInitScript(() => {
        PublicKeyCredential.isConditionalMediationAvailable = async () => false;
      });
    }
    const login = createClient({
      issuer: service.url,
      clientId: 'demo-spa',
      redirectUri: `${app.origin}/callback`,
      scope: 'openid profile',
    });
    return { page, context, problems, login, url: await login.begin() };
  }

  it.each(layouts)(
    'given a passkey, when its owner presses the button %s, then the code is theirs',
    async (_where, options) => {
      const { user, authenticator } = await newPasskeyOwner(service);
      const { page, context, problems, login, url } = await begun(options);
      await page.goto(url);
      const own = await VirtualAuthenticator.in(context, page);
      await own.hold(authenticator);

      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.waitForURL(isCallback);

      expect(await whoIs(login, page.url())).toMatchObject({ sub: user.id, amr: ['pop', 'mfa'] });
      expect(problems).toEqual([]);
    },
  );

  it.each(layouts)(
    'given a browser that offers passkeys in autofill, when one is chosen there %s, then the code is its owner’s',
    async (_where, options) => {
      const { user, authenticator } = await newPasskeyOwner(service);
      const { page, context, login, url } = await begun(options, true);
      const own = await VirtualAuthenticator.in(context, page);
      await own.hold(authenticator);

      await page.goto(url);
      await page.waitForURL(isCallback);

      expect(await whoIs(login, page.url())).toMatchObject({ sub: user.id, amr: ['pop', 'mfa'] });
    },
  );

  it.each(layouts)(
    'given a session by password, when an application asks for phr %s, then the passkey steps it up',
    async (_where, options) => {
      const person = await newPerson(service);
      const authenticator = new Authenticator({ origin: service.url });
      await addPasskey(service, { ...person, userHandle: newSecret() }, authenticator);
      const { page, context, problems, login, url } = await begun(options);
      await page.goto(`${service.url}/account`);
      await page.getByLabel('Username').fill(person.username);
      await page.getByLabel('Password').fill(personPassword);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForURL('**/account');
      const own = await VirtualAuthenticator.in(context, page);
      await own.hold(authenticator);

      await page.goto(`${url}&acr_values=phr`);
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.waitForURL(isCallback);

      expect(await whoIs(login, page.url())).toMatchObject({ sub: person.id, amr: ['pop', 'mfa'] });
      expect(problems).toEqual([]);
    },
  );

  it('given an authenticator that signs nonsense, when it is used, then the page says so, and nobody is signed in', async () => {
    const { authenticator } = await newPasskeyOwner(service);
    const { page, context, url } = await begun();
    await page.goto(url);
    const own = await VirtualAuthenticator.in(context, page);
    await own.hold(authenticator);
    await own.signBogusly();

    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();

    await page.getByText('The signature is not by this passkey').waitFor();
  });

  it('given an authenticator that did not verify its user, when it is used, then nobody is signed in', async () => {
    const { authenticator } = await newPasskeyOwner(service);
    const { page, context, url } = await begun();
    await page.goto(url);
    const own = await VirtualAuthenticator.in(context, page);
    await own.hold(authenticator);
    await own.denyVerification();

    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();

    await page.getByText('The authenticator did not verify the user').waitFor();
  });

  it('given no passkey in the browser, when the button is pressed, then the page says what to do, and the button can be pressed again', async () => {
    const { page, context, url } = await begun();
    await page.goto(url);
    await VirtualAuthenticator.in(context, page);
    const button = page.getByRole('button', { name: 'Sign in with a passkey' });

    await button.click();

    await page.getByText('No passkey was used.').waitFor();
    expect(await button.isEnabled()).toBe(true);
  });

  it('given a request for phr, when the page is shown, then there is the button and the way back alone', async () => {
    const { page, url } = await begun();
    await page.goto(`${url}&acr_values=phr`);

    expect(await page.getByRole('button').allTextContents()).toEqual([
      'Sign in with a passkey',
      'Go back without a passkey',
    ]);

    await page.getByRole('button', { name: 'Go back without a passkey' }).click();
    await page.waitForURL(isCallback);

    expect(new URL(page.url()).searchParams.get('error')).toBe('unmet_authentication_requirements');
  });

  it('given no JavaScript, when the page is shown, then it says what passkeys need, and the way back works', async () => {
    const { page, url } = await begun({ javaScriptEnabled: false });
    await page.goto(`${url}&acr_values=phr`);

    expect(await page.content()).toContain('To sign in with a passkey, turn on JavaScript.');
    await page.getByRole('button', { name: 'Go back without a passkey' }).click();
    await page.waitForURL(isCallback);

    expect(new URL(page.url()).searchParams.get('error')).toBe('unmet_authentication_requirements');
  });
});
