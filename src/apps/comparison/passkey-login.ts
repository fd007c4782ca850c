import { hiddenFields } from '../browser/page-form';
import { expectRedirect } from './answers';
import { Browser } from './browser';
import { shortened } from './credentials';
import { assertedBy, assertionRequest, challengeRequest, expectOptions, signatureIn } from './passkey-client';
import type { LoginRecorder } from './recorder';
import type { RunContext } from './run-context';
import type { WireRequest } from './wire';

export const passkeySteps = 5;

/** A whole login by passkey at the login page: a browser, and an authenticator that the run plays. */
export async function logInByPasskey(context: RunContext, recorder: LoginRecorder): Promise<void> {
  const browser = new Browser(context.wire, context.credentials);
  const send = (request: WireRequest) => browser.send(request);
  const page = await recorder.exchange(
    { step: 'login-page', phase: 'person', actor: 'browser', action: 'opens the login page' },
    browser.prepare({ method: 'GET', path: '/login' }),
    send,
  );
  const hidden = hiddenFields(page.text);
  const issued = await recorder.exchange(
    {
      step: 'challenge',
      phase: 'challenge',
      actor: 'browser',
      action: 'asks for a challenge, and names nobody',
    },
    browser.prepare(challengeRequest(hidden)),
    send,
    (answer) => ({ traces: [{ kind: 'passkey_login', id: expectOptions(answer).challenge }] }),
  );
  const challenge = { hidden, ...expectOptions(issued) };
  const credential = await recorder.inside(
    {
      step: 'assert',
      phase: 'proof',
      actor: 'authenticator',
      action: 'verifies its owner, and signs the challenge with the origin that the browser says',
    },
    async () => assertedBy(context, challenge),
    (made) => ({ holds: { signature: shortened(signatureIn(made)), private_key: 'never leaves the authenticator' } }),
  );
  const answered = await recorder.exchange(
    {
      step: 'login',
      phase: 'proof',
      actor: 'browser',
      action: 'sends the assertion as a form, and gets a session cookie',
    },
    browser.prepare(assertionRequest(challenge, credential)),
    send,
    () => {
      const [id] = browser.cookie('tessera_session')?.split('.') ?? [];
      return id === undefined ? {} : { traces: [{ kind: 'session', id }] };
    },
  );
  expectRedirect('the assertion', answered);
  await recorder.exchange(
    { step: 'resource', phase: 'resource', actor: 'browser', action: 'uses the session' },
    browser.prepare({ method: 'GET', path: '/account' }),
    send,
  );
}
