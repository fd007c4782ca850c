import { dpop, sharedStorage, TesseraError } from '@tessera/client';
import { createSessionClient } from '@tessera/client/session';

/** Put in by start.js. */
declare const ISSUER: string;
declare const CLIENT_ID: string;

const client = createSessionClient({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  redirectUri: `${location.origin}/callback`,
  scope: 'openid profile offline_access',
  // Whoever reads the tokens cannot use them: they are bound to a key that no script can export.
  dpop: dpop(),
  // Survives a reload and goes with the tab. All tabs of this origin share one login.
  tokens: sharedStorage({ storage: sessionStorage }),
});

onClick('log-in', () => client.login({ data: location.pathname }));
onClick('who-am-i', async () => {
  const response = await client.fetch(`${ISSUER}/api/me`);
  say(response.ok ? await response.text() : `The API answered ${response.status}`);
});
onClick('refresh', async () => {
  await client.refresh();
  say('There are new tokens');
});
onClick('log-out', () => client.logout({ postLogoutRedirectUri: `${location.origin}/` }));

if (location.pathname === '/callback') await attempt(finishLogin);
// Also of another tab, and when the login expires.
client.subscribe(showLogin);

async function finishLogin(): Promise<void> {
  // Away from here even if it fails: a reload of this page would find no login that waits for it.
  history.replaceState(history.state, '', `/${location.search}`);
  const { data } = await client.finish();
  history.replaceState(history.state, '', data);
}

function showLogin(): void {
  const { loggedIn, user } = client.getSnapshot();
  element('[role=status]').textContent = loggedIn ? `Logged in as ${user?.sub}` : 'Nobody is logged in';
}

function onClick(id: string, act: () => Promise<unknown>): void {
  element(`#${id}`).addEventListener('click', () => void attempt(act));
}

async function attempt(act: () => Promise<unknown>): Promise<void> {
  say('');
  try {
    await act();
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    say(`${error.message}. ${error.advice}`);
  }
}

function say(text: string): void {
  element('output').textContent = text;
}

function element(selector: string): Element {
  const found = document.querySelector(selector);
  if (found === null) throw new Error(`The page has no ${selector}`);
  return found;
}
