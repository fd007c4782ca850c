import { s256 } from '../../../domain/credentials/pkce';
import { codeOf } from '../answers';
import { authorizeRequest, newApp } from '../pkce-client';
import { signIn } from '../sign-in';
import { tracesOf } from '../traces';
import type { WireRequest } from '../wire';
import { altered, type Fields } from './altered';
import { type AttackContext, type Attack, attempt, type Attempt } from './attack';
import { guessedVerifier } from './pkce-victim';

const followedLink = 'A link that the victim follows while logged in';
/** Where the attacker listens; reserved, so that it leads nowhere. Source: RFC 2606 §2. */
const ownRedirectUri = 'https://attacker.comparison.invalid/callback';

/** A link of the attacker makes the victim's browser send it, with the victim's session. */
async function throughTheBrowser({ browser }: AttackContext, request: WireRequest): Promise<Attempt> {
  const prepared = browser.prepare({ ...request, headers: { accept: 'application/json' } });
  return { request: prepared, answer: await browser.send(prepared) };
}

/** The victim follows a link to a request with these changes; a code that comes back is redeemed with what `proof` adds. */
async function askedWith(context: AttackContext, changes: Fields, proof: Fields): Promise<Attempt> {
  const request = altered(await authorizeRequest(newApp(context).client), changes);
  const asked = await throughTheBrowser(context, request);
  const code = codeOf(asked.answer);
  if (code === undefined) return asked;
  context.credentials.learn(code);
  const { app, redirectUri } = context.clients;
  const form = { grant_type: 'authorization_code', client_id: app.clientId, redirect_uri: redirectUri, code };
  return attempt(context, altered({ method: 'POST', path: '/token', form }, proof));
}

/** Authorization requests without a protection, which must not get a code. */
export const weakRequestAttacks = [
  {
    id: 'pkce.downgrade',
    title: 'Request without a challenge',
    model: 'pkce',
    knowledge: `${followedLink}, and the code, read from the redirect.`,
    attempt: 'Asks for a code without a code_challenge, and redeems it without a code_verifier.',
    defence: 'A request without a code_challenge gets no code, whatever the client.',
    source: 'RFC 9700 §4.8.2, OAuth 2.1 §4.1.1',
    refusals: ['code_challenge_required'],
    mount: async (context) => {
      const changes = { code_challenge: undefined, code_challenge_method: undefined };
      return { attempts: [await askedWith(context, changes, {})], checks: [] };
    },
  },
  {
    id: 'pkce.plain',
    title: 'Downgrade to plain',
    model: 'pkce',
    knowledge: `${followedLink}; whoever reads the request then reads the code_verifier in it.`,
    attempt:
      'Asks for a code with code_challenge_method=plain, where the challenge is the verifier itself, and then with no method, which means plain; and redeems what comes back with what the request showed.',
    defence: 'Only S256 is accepted, and the error response does not redirect.',
    source: 'RFC 9700 §2.1.1, RFC 7636 §4.2',
    refusals: ['code_challenge_method_unsupported'],
    mount: async (context) => {
      const code_verifier = guessedVerifier(context);
      const plain = { code_challenge: code_verifier, code_challenge_method: 'plain' };
      const unnamed = { ...plain, code_challenge_method: undefined };
      return {
        attempts: [
          await askedWith(context, plain, { code_verifier }),
          await askedWith(context, unnamed, { code_verifier }),
        ],
        checks: [],
      };
    },
  },
  {
    id: 'pkce.unregistered-redirect',
    title: 'Code sent to the attacker',
    model: 'pkce',
    knowledge: `${followedLink}, and a code_verifier of its own.`,
    attempt:
      'Asks for a code of the victim’s application with its own code_challenge and its own redirect URI, where it reads the code, and redeems it.',
    defence:
      'A redirect URI must be registered, character for character; else the error is shown here and sent nowhere. Only this stops it: the attacker has the verifier.',
    source: 'RFC 9700 §2.1, §4.1.1',
    refusals: ['redirect_uri_unregistered'],
    mount: async (context) => {
      const code_verifier = guessedVerifier(context);
      const redirect = { redirect_uri: ownRedirectUri };
      const changes = { ...redirect, code_challenge: s256(code_verifier) };
      return { attempts: [await askedWith(context, changes, { ...redirect, code_verifier })], checks: [] };
    },
  },
  {
    id: 'pkce.no-state',
    title: 'Login forced upon the victim',
    model: 'pkce',
    knowledge: `${followedLink}.`,
    attempt: 'Asks for a code without a state, so that the application cannot tell whose login comes back.',
    defence: 'A request without a state gets no code.',
    source: 'RFC 6749 §10.12, RFC 9700 §4.7',
    refusals: ['state_required'],
    mount: async (context) => {
      const request = await authorizeRequest(newApp(context).client);
      return { attempts: [await throughTheBrowser(context, altered(request, { state: undefined }))], checks: [] };
    },
  },
  {
    id: 'pkce.pushed-twice',
    title: 'Second code of a pushed request',
    model: 'pkce',
    knowledge: 'The request_uri of a login that is over, read from the victim’s history; and an account of its own.',
    attempt:
      'Opens the request in its own browser, for a code of its own account that the victim’s application would take for the victim’s.',
    defence: 'A pushed request becomes one code, and is gone with it.',
    source: 'RFC 9126 §4, FAPI 2.0 Security Profile §5.3.2.2',
    refusals: ['request_uri_unknown'],
    mount: async (context) => {
      const { app } = context.clients;
      const { path } = await authorizeRequest(newApp(context).client);
      const form = Object.fromEntries(new URLSearchParams(path.slice(path.indexOf('?'))));
      const pushed = await context.wire.send({ method: 'POST', path: '/par', form });
      const { request_uri = '' } = pushed.json as { readonly request_uri?: string };
      context.credentials.learn(request_uri);
      const query = new URLSearchParams({ client_id: app.clientId, request_uri });
      const request: WireRequest = { method: 'GET', path: `/authorize?${query}` };
      const victims = await throughTheBrowser(context, request);
      context.traces.push(...tracesOf(victims.answer));
      const { browser } = await signIn(context);
      return {
        attempts: [await throughTheBrowser({ ...context, browser }, request)],
        checks: [{ claim: 'the victim got the one code', held: codeOf(victims.answer) !== undefined }],
      };
    },
  },
] as const satisfies readonly Attack[];
