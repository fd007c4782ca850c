import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { UserStore, type User } from '../../../src/domain/identity/user-store';
import { hashPassword } from '../../../src/domain/credentials/password';
import { newId } from '../../../src/domain/credentials/secret';
import type { TestService } from '../service/service';
import type { Authenticator } from './authenticator';
import { BrowserSession, hiddenFields } from './browser-session';
import { sendPassword } from './login-page';
import type { Answer, Signer } from './wallet';

export const personPassword = 'a password of a person';

/** A user of its own, with a password unless `changes` takes it away. */
export async function newPerson(service: TestService, changes: Partial<User> = {}): Promise<User> {
  const id = newId();
  const user = {
    id,
    username: `Person-${id}`,
    passwordHash: await hashPassword(personPassword),
    demo: false,
    ...changes,
  };
  await service.app.get(UserStore).add(user);
  return user;
}

/** A browser in which the person has logged in by password. */
export async function browserOf(service: TestService, { username }: User): Promise<BrowserSession> {
  const browser = new BrowserSession(service.url);
  const response = await sendPassword(browser, { username, password: personPassword });
  if (response.status !== 303) throw new Error(`login refused: ${response.status}`);
  return browser;
}

/** The user as it is stored now. */
export async function storedUser(service: TestService, { id }: Pick<User, 'id'>): Promise<User> {
  const user = await service.app.get(UserStore).find(id);
  if (user === undefined) throw new Error('no such user');
  return user;
}

export async function csrfOf(browser: BrowserSession): Promise<string> {
  const { csrf = '' } = hiddenFields(await (await browser.fetch('/account')).text());
  return csrf;
}

/** Asks the account page for JSON, as its scripts do. */
export async function ask(browser: BrowserSession, path: string, fields: object = {}): Promise<Answer> {
  const response = await browser.fetch(`/account${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ csrf: await csrfOf(browser), ...fields }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Has the authenticator make a passkey for the person of the browser, and adds it. */
export async function addPasskeyAt(browser: BrowserSession, authenticator: Authenticator, name = 'My phone') {
  const { body } = await ask(browser, '/passkeys/challenge');
  const options = body as unknown as PublicKeyCredentialCreationOptionsJSON;
  return change(browser, '/passkeys', { credential: JSON.stringify(authenticator.create(options)), name });
}

/** The fields by which the account is linked: its signature of the page's message. */
export async function signedLink(browser: BrowserSession, account: Signer, fields: object = {}) {
  const { body } = await ask(browser, '/wallets/challenge', { address: account.address, ...fields });
  const { nonce, message } = body as { nonce: string; message: string };
  return { nonce, signature: await account.sign(message) };
}

/** Links the account to the person of the browser. */
export async function linkWallet(browser: BrowserSession, account: Signer, fields: object = {}): Promise<Response> {
  return change(browser, '/wallets', await signedLink(browser, account, fields));
}

/** Sends a form of the account page. */
export async function change(
  browser: BrowserSession,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  return browser.postForm(`/account${path}`, { csrf: await csrfOf(browser), ...fields });
}
