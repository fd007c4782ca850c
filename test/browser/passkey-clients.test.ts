import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, pagesOf, submitPassword } from '../support/browser/browser';
import { VirtualAuthenticator } from '../support/browser/virtual-authenticator';
import { hiddenFields } from '../support/clients/browser-session';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const modules = join(__dirname, '../../node_modules');

/** Libraries that others wrote for pages, and how each is asked for what `navigator.credentials` makes of our options. */
const libraries = {
  '@simplewebauthn/browser': {
    file: '@simplewebauthn/browser/dist/bundle/index.umd.min.js',
    create: `async (options) => {
      await import('/library.js');
      return SimpleWebAuthnBrowser.startRegistration({ optionsJSON: options });
    }`,
    get: `async (options) => {
      await import('/library.js');
      return SimpleWebAuthnBrowser.startAuthentication({ optionsJSON: options });
    }`,
  },
  // It would make the bytes of user.id of the text that we send, and not of what that encodes.
  '@passwordless-id/webauthn': {
    file: '@passwordless-id/webauthn/dist/browser/webauthn.min.js',
    create: `async (options) => {
      const { client } = await import('/library.js');
      const { challenge, rp, user, timeout, authenticatorSelection: { residentKey, userVerification } } = options;
      const customProperties = { user: PublicKeyCredential.parseCreationOptionsFromJSON(options).user };
      const asked = { challenge, domain: rp.id, user, timeout, discoverable: residentKey, userVerification, customProperties };
      return client.register({ ...asked, attestation: false });
    }`,
    get: `async (options) => {
      const { client } = await import('/library.js');
      const { rpId, ...asked } = options;
      return client.authenticate({ ...asked, domain: rpId });
    }`,
  },
};

const service = fixture(startService);
const browser = fixture(launchBrowser);
// Their scripts are no scripts of our pages.
const newPage = pagesOf(browser);

/** Has the library answer the options of `path` on the page that is open, and sends its credential as a form. */
async function answered(page: Page, path: string, library: string, fields: Readonly<Record<string, string>>) {
  const hidden = hiddenFields(await page.content());
  const asked = await page.request.post(`${service.url}${path}/challenge`, { data: hidden });
  const credential = await page.evaluate(`(${library})(${JSON.stringify(await asked.json())})`);
  return page.request.post(`${service.url}${path}`, {
    form: { ...hidden, ...fields, credential: JSON.stringify(credential) },
    maxRedirects: 0,
  });
}

it.each(Object.entries(libraries))(
  'given %s in place of our scripts, when it makes a passkey and signs in, then both are taken',
  async (_name, { file, create, get }) => {
    const { page, context } = await newPage({ bypassCSP: true });
    await page.route('**/library.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(modules, file), 'utf8') }),
    );
    // The autofill of our own script would be answered at once.
    await context.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await VirtualAuthenticator.in(context, page);
    await page.goto(`${service.url}/account`);
    await submitPassword(page);
    await page.waitForURL('**/account');

    const added = await answered(page, '/account/passkeys', create, { name: 'Another library' });
    await context.clearCookies();
    await page.goto(`${service.url}/login`);
    const signedIn = await answered(page, '/login/passkey', get, {});
    await page.goto(`${service.url}/account`);

    expect([added.status(), signedIn.status()]).toEqual([303, 303]);
    expect(await page.getByText('Another library').count()).toBeGreaterThan(0);
  },
);
