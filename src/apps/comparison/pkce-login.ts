import { hiddenFields } from '../browser/page-form';
import { hashSecret } from '../../domain/credentials/secret';
import { expectChallenge, expectCode, expectRedirect } from './answers';
import { Browser } from './browser';
import { shortened, shortenedHash } from './credentials';
import { authorizeRequest, newApp } from './pkce-client';
import type { LoginRecorder } from './recorder';
import { meRequest } from './resource';
import type { RunContext } from './run-context';
import { newWallet, sign } from './wallet-client';

export const pkceSteps = 9;

/**
 * A whole login by PKCE: an application, which logs in by @tessera/client, and an end-user who logs in on the login page. The
 * end-user has a new wallet, because that needs no account and no password of ours. Returns the logged-in browser.
 */
export async function logInByPkce(context: RunContext, recorder: LoginRecorder): Promise<Browser> {
  const { wire, credentials } = context;
  const browser = new Browser(wire, credentials);
  const sendAsBrowser = (request: Parameters<Browser['send']>[0]) => browser.send(request);
  const { client, http } = newApp(context);
  // Before it is needed, so that it is counted in no step.
  await http.expect('the metadata request', () => client.discovery.metadata());

  const request = await recorder.inside(
    {
      step: 'generate',
      phase: 'challenge',
      actor: 'client',
      action: 'makes a code_verifier and its hash, the code_challenge',
    },
    () => authorizeRequest(client),
    ({ path }) => ({ holds: heldAt(path) }),
  );
  const asked = await recorder.exchange(
    {
      step: 'authorize',
      phase: 'challenge',
      actor: 'browser',
      action: 'brings the code_challenge to the server, and is sent to the login page',
    },
    browser.prepare(request),
    sendAsBrowser,
  );
  const loginPath = expectRedirect('the authorization request', asked);
  await logInAtThePage(context, recorder, browser, loginPath);

  const answered = await recorder.exchange(
    {
      step: 'code',
      phase: 'challenge',
      actor: 'browser',
      action: 'comes back logged in, and is sent to the client’s redirect URI with a code',
    },
    browser.prepare(request),
    sendAsBrowser,
    (answer) => {
      const code = expectCode('the authorization request', answer);
      return { holds: { code: shortened(code) }, traces: [{ kind: 'authorization_code', id: hashSecret(code) }] };
    },
  );
  const callback = expectRedirect('the authorization request', answered);
  const { tokens } = await recorder.call(
    {
      step: 'redeem',
      phase: 'proof',
      actor: 'client',
      action: 'shows the code and the code_verifier, and gets tokens',
    },
    http,
    () => http.expect('the token request', () => client.finish(callback)),
  );
  await recorder.exchange(
    { step: 'resource', phase: 'resource', actor: 'client', action: 'uses the access token' },
    meRequest(tokens.accessToken),
    (sent) => wire.send(sent),
  );
  return browser;
}

/** What the client keeps for a login, from its request. The verifier stays secret; its hash is in the request. */
function heldAt(path: string): Readonly<Record<string, string>> {
  const query = new URLSearchParams(path.slice(path.indexOf('?')));
  const [challenge, state] = ['code_challenge', 'state'].map((name) => query.get(name) ?? '') as [string, string];
  return { code_verifier: shortenedHash(challenge), code_challenge: challenge, state };
}

async function logInAtThePage(
  context: RunContext,
  recorder: LoginRecorder,
  browser: Browser,
  loginPath: string,
): Promise<void> {
  const wallet = newWallet();
  const send = (request: Parameters<Browser['send']>[0]) => browser.send(request);
  const page = await recorder.exchange(
    { step: 'login-page', phase: 'person', actor: 'browser', action: 'opens the login page' },
    browser.prepare({ method: 'GET', path: loginPath }),
    send,
  );
  const hidden = hiddenFields(page.text);
  const issued = await recorder.exchange(
    {
      step: 'login-challenge',
      phase: 'person',
      actor: 'browser',
      action: 'asks for a message to sign, with a fresh wallet that is nobody’s account',
    },
    browser.prepare({
      method: 'POST',
      path: '/login/wallet/challenge',
      headers: { accept: 'application/json' },
      json: { ...hidden, address: wallet.address, chainId: context.chainId },
    }),
    send,
    (answer) => ({
      traces: [{ kind: 'wallet_login', id: expectChallenge('the login page’s challenge', answer).nonce }],
    }),
  );
  const { nonce, message } = expectChallenge('the login page’s challenge', issued);
  const signature = await recorder.inside(
    { step: 'login-sign', phase: 'person', actor: 'wallet', action: 'signs the message' },
    () => sign(context, wallet, message),
    (made) => ({ holds: { address: wallet.address, signature: shortened(made) } }),
  );
  const loggedIn = await recorder.exchange(
    {
      step: 'login',
      phase: 'person',
      actor: 'browser',
      action: 'sends the signature as a form, and gets a session cookie',
    },
    browser.prepare({
      method: 'POST',
      path: '/login/wallet',
      form: { ...hidden, nonce, signature },
    }),
    send,
    () => {
      const session = browser.cookie('tessera_session');
      const [sessionId] = session?.split('.') ?? [];
      return sessionId === undefined ? {} : { traces: [{ kind: 'session', id: sessionId }] };
    },
  );
  expectRedirect('the login form', loggedIn);
}
