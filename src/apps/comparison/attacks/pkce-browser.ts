import * as z from 'zod';
import { hiddenFields } from '../../browser/page-form';
import { codeOf, expectRedirect } from '../answers';
import { Browser } from '../browser';
import { authorizeRequest, newApp } from '../pkce-client';
import { meRequest } from '../resource';
import { signedLogin, signIn } from '../sign-in';
import type { Attack, AttackContext } from './attack';

const account = z.object({ address: z.string() });

/** The account that an application logs in with this browser's session; undefined without a session. */
async function accountIn(context: AttackContext, browser: Browser) {
  const { client, http } = newApp(context);
  const request = browser.prepare(await authorizeRequest(client));
  const answer = await browser.send(request);
  if (codeOf(answer) === undefined) return { request, answer };
  const callback = expectRedirect('the authorization request', answer);
  const { tokens } = await http.expect('the token request', () => client.finish(callback));
  const { json } = await context.wire.send(meRequest(tokens.accessToken));
  return { request, answer, address: account.parse(json).address };
}

/** Attacks through a browser that is the victim's, or will be. */
export const browserAttacks = [
  {
    id: 'pkce.foreign-consent',
    title: 'Consent of another session',
    model: 'pkce',
    knowledge: 'A browser that others use too, and an application of its own.',
    attempt:
      'Opens the consent page for its application as itself, leaves it open, and presses Allow after somebody else has logged in.',
    defence: 'A consent page names the session that it was shown to; the answer of another one is asked for again.',
    source: 'RFC 6749 §10.2, RFC 9700 §4.7',
    refusals: [],
    mount: async (context) => {
      const { browser } = await signIn(context);
      const { path } = await authorizeRequest(newApp(context, context.clients.attacker).client);
      const page = await browser.send(browser.prepare({ method: 'GET', path }));
      await signIn(context, browser);
      const form = { ...hiddenFields(page.text), decision: 'allow' };
      const request = browser.prepare({ method: 'POST', path: '/consent', form });
      const answer = await browser.send(request);
      return {
        attempts: [{ request, answer, got: codeOf(answer) !== undefined }],
        checks: [{ claim: 'the page had been shown to the first one', held: 'asked' in form }],
      };
    },
  },
  {
    id: 'pkce.fixed-session',
    title: 'Session known before the login',
    model: 'pkce',
    knowledge: 'The session cookie of its own login, which it left in the victim’s browser and remembers.',
    attempt: 'Waits until the victim has logged in there, and logs in to an application with the cookie it remembers.',
    defence: 'A login begins a session with a secret that nobody knew before, and ends the one that the browser had.',
    source: 'RFC 6819 §4.4.1.9, RFC 9700 §4.7',
    refusals: [],
    mount: async (context) => {
      const { browser } = await signIn(context);
      const remembered = browser.copy();
      const victim = await signIn(context, browser);
      const { address, ...sent } = await accountIn(context, remembered);
      const { address: owners } = await accountIn(context, browser);
      return {
        attempts: [{ ...sent, got: address === victim.wallet.address }],
        checks: [{ claim: 'the victim was logged in', held: owners === victim.wallet.address }],
      };
    },
  },
  {
    id: 'pkce.forced-login',
    title: 'Login form of another site',
    model: 'pkce',
    knowledge:
      'A page that the victim opens, and a login form that it was shown itself, filled with its own signature.',
    attempt:
      'Its page makes the victim’s browser send that form, so that the victim goes on in the attacker’s account.',
    defence: 'A form carries a hash of a cookie that only the browser has that was shown the form.',
    source: 'RFC 6749 §10.12, RFC 9700 §4.7',
    refusals: ['csrf_invalid'],
    mount: async (context) => {
      const { wire, credentials } = context;
      const { request: form } = await signedLogin(context, new Browser(wire, credentials));
      // Its cookies are SameSite=Lax: with a form of another site no browser sends them.
      const victims = new Browser(wire, credentials);
      const request = victims.prepare({
        ...form,
        headers: {
          accept: 'application/json',
          'sec-fetch-site': 'cross-site',
          origin: 'https://attacker.comparison.invalid',
        },
      });
      const answer = await victims.send(request);
      return { attempts: [{ request, answer, got: victims.cookie('tessera_session') !== undefined }], checks: [] };
    },
  },
] as const satisfies readonly Attack[];
