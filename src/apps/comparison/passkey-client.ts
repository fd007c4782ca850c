import * as z from 'zod';
import { grantIdFor } from '../../domain/challenges/grant';
import { hiddenFields } from '../browser/page-form';
import { UnexpectedAnswerError } from './answers';
import { Browser } from './browser';
import type { RunContext } from './run-context';
import type { AssertionRequest } from './software-authenticator';
import type { WireAnswer, WireRequest } from './wire';

const options = z.object({ challenge: z.string(), rpId: z.string() });
const assertion = z.object({ response: z.object({ signature: z.string() }) });

/** What the login page was given for one login: its hidden fields, and the challenge. */
export interface PasskeyChallenge {
  readonly hidden: Readonly<Record<string, string>>;
  readonly challenge: string;
  readonly rpId: string;
}

export function challengeRequest(hidden: PasskeyChallenge['hidden']): WireRequest {
  return { method: 'POST', path: '/login/passkey/challenge', headers: { accept: 'application/json' }, json: hidden };
}

/** The form of the login page; errors are asked for as JSON. */
export function assertionRequest({ hidden }: PasskeyChallenge, credential: string): WireRequest {
  const headers = { accept: 'application/json' };
  return { method: 'POST', path: '/login/passkey', headers, form: { ...hidden, credential } };
}

/** Throws: {@link UnexpectedAnswerError}. */
export function expectOptions(answer: WireAnswer): Pick<PasskeyChallenge, 'challenge' | 'rpId'> {
  const issued = answer.status === 201 ? options.safeParse(answer.json).data : undefined;
  if (issued === undefined) throw new UnexpectedAnswerError('the challenge of the login page', answer);
  return issued;
}

/** Opens the login page in this browser, and asks for a challenge as its script does. */
export async function newPasskeyChallenge(context: RunContext, browser: Browser): Promise<PasskeyChallenge> {
  await context.operator.trustPasskeys();
  const page = await browser.send(browser.prepare({ method: 'GET', path: '/login' }));
  const hidden = hiddenFields(page.text);
  const issued = expectOptions(await browser.send(browser.prepare(challengeRequest(hidden))));
  const session = grantIdFor('passkey_login', issued.challenge);
  context.traces.push({ kind: 'passkey_login', id: issued.challenge }, { kind: 'session', id: session });
  return { hidden, ...issued };
}

/** What the victim's passkey signs for this challenge; `changed` by whoever stands between. */
export function assertedBy(
  { credentials, issuer, persons: { victim } }: RunContext,
  { challenge, rpId }: PasskeyChallenge,
  changed: Partial<AssertionRequest> = {},
  signer = victim.authenticator,
): string {
  const credential = victim.authenticator.assert({ challenge, rpId, origin: issuer, ...changed }, signer);
  credentials.learn(signatureIn(credential));
  return credential;
}

export function signatureIn(credential: string): string {
  return assertion.parse(JSON.parse(credential)).response.signature;
}

/** A victim's login up to the moment before the form is sent. */
export interface AssertedLogin {
  readonly browser: Browser;
  readonly challenge: PasskeyChallenge;
  readonly credential: string;
  /** As the victim's browser would send it. */
  readonly request: WireRequest;
}

export async function assertedLogin(
  context: RunContext,
  changed: Partial<AssertionRequest> = {},
): Promise<AssertedLogin> {
  const browser = new Browser(context.wire, context.credentials);
  const challenge = await newPasskeyChallenge(context, browser);
  const credential = assertedBy(context, challenge, changed);
  return { browser, challenge, credential, request: browser.prepare(assertionRequest(challenge, credential)) };
}

/** Whether the browser is signed in. */
export async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.send(browser.prepare({ method: 'GET', path: '/account' }))).status === 200;
}
