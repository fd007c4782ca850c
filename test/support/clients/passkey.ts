import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { newId, newSecret } from '../../../src/domain/credentials/secret';
import { type Passkey, type User, UserStore } from '../../../src/domain/identity/user-store';
import { PasskeyCreations } from '../../../src/protocols/passkey/passkey-creations';
import type { TestService } from '../service/service';
import { Authenticator, type Misbehaviour } from './authenticator';
import { type OpenLoginPage, openLoginPage } from './login-page';

type Page = Pick<OpenLoginPage, 'browser' | 'hidden'>;
type Service = Pick<TestService, 'app' | 'url'>;

/** A new user without a password, who has what `fields` says. */
export async function newPerson({ app }: Pick<TestService, 'app'>, fields: Partial<User> = {}): Promise<User> {
  const user = { id: newId(), username: newId(), userHandle: newSecret(), demo: false, ...fields };
  await app.get(UserStore).add(user);
  return user;
}

/** Has the authenticator make a passkey for the user, and stores it as it is, whoever has it already. */
export async function addPasskey(
  { app }: Pick<TestService, 'app'>,
  { id, username, userHandle = newSecret() }: Pick<User, 'id' | 'username' | 'userHandle'>,
  authenticator: Authenticator,
  says: Misbehaviour = {},
): Promise<Passkey> {
  const creations = app.get(PasskeyCreations);
  const creator = { browser: newSecret(), owner: `user ${id}` };
  const entity = { name: username, displayName: username, handle: userHandle };
  const options = await creations.begin({ ...creator, user: entity, existing: [] });
  const credential = JSON.stringify(authenticator.create(options, says));
  const { passkey } = await creations.complete({ ...creator, credential, name: 'A passkey' });
  await app
    .get(UserStore)
    .change(id, (user) => ({ ...user, userHandle, passkeys: [...(user.passkeys ?? []), passkey] }));
  return passkey;
}

/** A new user with a passkey. */
export async function newPasskeyOwner(
  service: Service,
  options: Partial<ConstructorParameters<typeof Authenticator>[0]> = {},
): Promise<{ readonly user: User; readonly passkey: Passkey; readonly authenticator: Authenticator }> {
  const authenticator = new Authenticator({ origin: service.url, ...options });
  const user = await newPerson(service);
  return { user, passkey: await addPasskey(service, user, authenticator), authenticator };
}

/** The request of the page's passkey button. */
export function askPasskeyChallenge({ browser, hidden }: Page, headers: Readonly<Record<string, string>> = {}) {
  return browser.fetch('/login/passkey/challenge', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(hidden),
  });
}

/** The form that the page sends when the authenticator has signed. */
export async function passkeyForm(page: Page, authenticator: Authenticator, says: Misbehaviour = {}) {
  const asked = await askPasskeyChallenge(page);
  const options = (await asked.json()) as PublicKeyCredentialRequestOptionsJSON;
  return { ...page.hidden, credential: JSON.stringify(authenticator.get(options, says)) };
}

/** A whole login by passkey in a new browser. */
export async function signInByPasskey({ url }: Pick<TestService, 'url'>, authenticator: Authenticator, query = '') {
  const page = await openLoginPage(url, query);
  const form = await passkeyForm(page, authenticator);
  return { ...page, form, answer: await page.browser.postForm('/login/passkey', form) };
}
