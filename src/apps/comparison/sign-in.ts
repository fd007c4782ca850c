import { hiddenFields } from '../browser/page-form';
import { expectChallenge, expectRedirect } from './answers';
import { Browser } from './browser';
import type { RunContext } from './run-context';
import { newWallet, sign, type Wallet } from './wallet-client';
import type { WireRequest } from './wire';

/** A login by wallet at the login page up to the moment before the form is sent. */
export interface SignedLogin {
  readonly wallet: Wallet;
  readonly nonce: string;
  readonly signature: string;
  /** The form, as the page that was asked for the challenge would send it. */
  readonly request: WireRequest;
}

/** Opens the login page for an authorization request, given by its query, and signs what it shows with a new wallet. */
export async function signedLogin(context: RunContext, browser: Browser, query = ''): Promise<SignedLogin> {
  const wallet = newWallet();
  const page = await browser.send(browser.prepare({ method: 'GET', path: `/login?${query}` }));
  const hidden = hiddenFields(page.text);
  const issued = await browser.send(
    browser.prepare({
      method: 'POST',
      path: '/login/wallet/challenge',
      headers: { accept: 'application/json' },
      json: { ...hidden, address: wallet.address, chainId: context.chainId },
    }),
  );
  const { nonce, message } = expectChallenge('the login page’s challenge', issued);
  context.traces.push({ kind: 'wallet_login', id: nonce });
  const signature = await sign(context, wallet, message);
  return {
    wallet,
    nonce,
    signature,
    request: { method: 'POST', path: '/login/wallet', form: { ...hidden, nonce, signature } },
  };
}

/** Logs in with a new wallet, by default in a browser of its own; the browser's session is then this account's. */
export async function signIn(
  context: RunContext,
  browser = new Browser(context.wire, context.credentials),
): Promise<{ readonly browser: Browser; readonly wallet: Wallet }> {
  const { request, wallet } = await signedLogin(context, browser);
  expectRedirect('the login form', await browser.send(browser.prepare(request)));
  const [sessionId] = browser.cookie('tessera_session')?.split('.') ?? [];
  if (sessionId !== undefined) context.traces.push({ kind: 'session', id: sessionId });
  return { browser, wallet };
}
