import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { newSecret } from '../../src/domain/credentials/secret';
import { administer } from '../admin';
import { authorizationQuery, type IssuedCode, redeem } from '../../test/support/clients/pkce-login';
import type { Answer } from '../../test/support/clients/wallet';
import type { Cause, Scenario } from '../scenario';
import { sick, type Context } from '../context';
import { type App, requestChallenge, requestCode, requestOf, verifyChallenge, visited as visitedAt } from '../visitors';
import { repeat, shown } from './repeat';
import { serveLocally } from '../../test/support/run/local-server';

const perSecond = 5;
const pagesOfFailures = [
  'ValidationFailuresHigh',
  'ValidationFailuresSpike',
  'ExchangeBudgetBurnFast',
  'ExchangeBudgetBurnSlow',
];
/** What follows from codes that are refused, whyever: they stay unredeemed. */
const consequences = [...pagesOfFailures, 'ClientCodesUnredeemed'];

/** A client of ours that goes wrong in PKCE and, where it can, in wallet logins, until somebody fixes it. */
function sickClient(context: Context, wrong: readonly (() => Promise<Answer | string>)[]): Cause {
  const going = wrong.map((act) => repeat(context, perSecond, act));
  return {
    end: async () => void (await Promise.all(going.map(({ stop }) => stop()))),
    recovered: async () => {
      const { visited, browsers } = context;
      const [browser] = browsers;
      if (browser === undefined) throw new Error('nobody has logged in');
      expect200(await redeem(visited, await requestCode(visited, browser, sick.app)));
      expect200(await verifyChallenge(visited, await requestChallenge(visited, sick.dapp)));
    },
    observed: async () => ({
      notes: going.map(({ results }, index) => `${['PKCE', 'Wallet'][index]}: ${shown(results)}.`),
      failures: going.flatMap(({ results }) => [...results.keys()]).filter((result) => result.startsWith('5')),
    }),
  };
}

function expect200({ status, body }: Answer): void {
  if (status !== 200) throw new Error(`the fixed client is refused: ${status} ${String(body['reason'])}`);
}

const anyBrowser = ({ browsers }: Context) => {
  const browser = browsers[Math.floor(Math.random() * browsers.length)];
  if (browser === undefined) throw new Error('nobody has logged in');
  return browser;
};

const pkceCode = (context: Context, changes = {}) =>
  requestCode(context.visited, anyBrowser(context), sick.app, changes);

export const verifierMissing: Scenario = {
  name: 'F1',
  title: 'A client that sends no verifier',
  about:
    'A release of `sick-app` forgets `code_verifier` at `/token`. Its wallet logins carry none, so this is a failure of ' +
    'PKCE alone.',
  expects: () => [
    { name: 'ValidationFailuresHigh', model: 'pkce', or: pagesOfFailures },
    { name: 'ClientVerifierMissing', client: sick.app.clientId },
  ],
  mayFire: consequences,
  begin: async (context) =>
    sickClient(context, [async () => redeem(context.visited, await pkceCode(context), { code_verifier: undefined })]),
};

export const wrongEncoding: Scenario = {
  name: 'F2',
  title: 'A wrong encoding of the challenge, a signature of something else',
  about:
    '`sick-app` sends the hash of its verifier in hexadecimal instead of base64url; `sick-dapp` has its wallet sign the ' +
    'message with a line break more at its end.',
  expects: () => [
    { name: 'ValidationFailuresHigh', model: 'pkce', or: pagesOfFailures },
    { name: 'ValidationFailuresHigh', model: 'wallet', or: pagesOfFailures },
    { name: 'ClientProofMismatch', client: sick.app.clientId },
    { name: 'ClientProofMismatch', client: sick.dapp },
  ],
  mayFire: consequences,
  findings: () => ['verifier_mismatches_above_usual'],
  begin: async (context) =>
    sickClient(context, [
      async () => {
        const verifier = newSecret();
        // 64 characters are shortened to the 43 that a code_challenge has, as the library at fault does.
        const hex = createHash('sha256').update(verifier).digest('hex').slice(0, 43);
        const code = await pkceCode(context, { code_challenge: hex });
        return redeem(context.visited, code, { code_verifier: verifier });
      },
      async () => {
        const challenge = await requestChallenge(context.visited, sick.dapp);
        return verifyChallenge(context.visited, challenge, `${challenge.message}\n`);
      },
    ]),
};

export const plainMethod: Scenario = {
  name: 'F3',
  title: '`plain`, and no method',
  about:
    '`sick-app` asks for `code_challenge_method=plain`, and every other time for none, which means `plain` too. No code is ' +
    'issued, so nobody is paged: the client cannot log anybody in, and everybody else can.',
  expects: () => [{ name: 'ClientChallengeMethod', client: sick.app.clientId }],
  begin: async (context) => {
    let turn = 0;
    return sickClient(context, [
      async () => {
        turn += 1;
        const verifier = newSecret();
        const method = turn % 2 === 0 ? 'plain' : undefined;
        const changes = { code_challenge: verifier, code_challenge_method: method };
        const query = authorizationQuery(requestOf(sick.app, changes));
        const { status, headers } = await anyBrowser(context).fetch(`/authorize?${query}`);
        const error = /[?&]error=([^&]+)/.exec(headers.get('location') ?? '')?.[1];
        return `${status} ${error ?? ''}`;
      },
    ]);
  },
};

export const strippedQuery: Scenario = {
  name: 'F4',
  title: 'A proxy that strips the query of the callback',
  about:
    'The app `callback-app`, a web server with a secret, stands behind a proxy that forwards its callback without the query. ' +
    'The service sees codes that nobody redeems, and nothing else.',
  expects: () => [{ name: 'ClientCodesUnredeemed', client: 'callback-app' }],
  begin: async (context) => {
    const site = await openWebSite(context);
    const { secret } = await registerWebApp(context, site.redirectUri);
    site.secret = secret;
    const app: App = { clientId: 'callback-app', redirectUri: site.redirectUri };
    const visit = async () => {
      const issued = await requestCode(context.visited, anyBrowser(context), app);
      const { code, state } = issued;
      site.issued.set(state, issued);
      return (await fetch(`${app.redirectUri}?${new URLSearchParams({ code, state })}`)).text();
    };
    const going = repeat(context, perSecond, visit);
    return {
      end: async () => {
        await going.stop();
        site.stripsQuery = false;
      },
      recovered: async () => {
        for (let logins = 0; logins < 3; logins += 1) {
          const result = await visit();
          if (result !== '200') throw new Error(`the fixed proxy does not pass logins: ${result}`);
        }
      },
      observed: async () => ({ notes: [`The app answered: ${shown(going.results)}.`], failures: [] }),
    };
  },
};

/** The app's callback, which redeems what it gets, and the proxy in front of it. */
async function openWebSite(context: Context) {
  const state = {
    stripsQuery: true,
    secret: '',
    redirectUri: '',
    /** As in the app's session, where the verifier is: by the state of the request. */
    issued: new Map<string, IssuedCode>(),
  };
  const callback = await serveLocally((incoming, answer) => {
    const parameters = new URL(incoming.url ?? '', 'http://app').searchParams;
    const [code, begun] = [parameters.get('code'), state.issued.get(parameters.get('state') ?? '')];
    if (code === null || begun === undefined) return void answer.end('a callback without code and state');
    const redeeming = redeem(context.visited, { ...begun, code }, { client_secret: state.secret });
    redeeming.then(
      ({ status }) => answer.end(String(status)),
      () => answer.end('no answer'),
    );
  });
  const proxy = await serveLocally((incoming, answer) => {
    const path = incoming.url ?? '/';
    const forwarded = state.stripsQuery ? path.split('?')[0] : path;
    const upstream = request(`${callback.url}${forwarded}`, {}, (response) => response.pipe(answer));
    upstream.on('error', () => answer.destroy());
    upstream.end();
  });
  state.redirectUri = `${proxy.url}/callback`;
  for (const { close } of [callback, proxy]) context.cleanup.add(close);
  return state;
}

async function registerWebApp(context: Context, redirectUri: string): Promise<{ secret: string }> {
  const registered = (await administer(context.service.url, 'POST', '/clients', {
    client_id: 'callback-app',
    client_name: 'callback-app',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'client_secret_post',
    scope: 'openid',
    first_party: true,
  })) as { client_secret: string };
  return { secret: registered.client_secret };
}

export const replays: Scenario = {
  name: 'F5',
  title: 'Replayed codes and signatures',
  about:
    'What `sick-app` and `sick-dapp` have redeemed comes again, with the right verifier and signature, more than two seconds ' +
    'later, from another address: somebody reads along. What the first use had issued is revoked; that is meant, and not ' +
    'counted as lost.',
  expects: () => [
    { name: 'ClientReplays', client: sick.app.clientId },
    { name: 'ClientReplays', client: sick.dapp },
  ],
  findings: () => ['replays', 'one_challenge_from_several_addresses'],
  begin: async (context) =>
    sickClient(context, [
      async () => {
        const code = await pkceCode(context);
        expect200(await redeem(context.visited, code));
        await delay(2_200);
        return redeem(context.visited, code);
      },
      async () => {
        const challenge = await requestChallenge(context.visited, sick.dapp);
        expect200(await verifyChallenge(context.visited, challenge));
        await delay(2_200);
        return verifyChallenge(context.visited, challenge);
      },
    ]),
};

export const clocksApart: Scenario = {
  name: 'F6',
  title: 'A clock that is 90 s ahead',
  about:
    'A second service on the same store has a clock that is 90 s ahead (libfaketime being absent, a module that is loaded ' +
    'first shifts `Date`). Codes and challenges last 85 s here; logins of `sick-app` and `sick-dapp` begin at the right service ' +
    'and are finished at the other, as behind a load balancer. All processes on the embedded store are on one machine and have ' +
    'one clock, so this is of MongoDB alone.',
  stores: ['mongodb'],
  env: { AUTHORIZATION_CODE_TTL: '85', WALLET_CHALLENGE_TTL: '85' },
  others: [{ NODE_OPTIONS: `--require=${require.resolve('../shifted-clock.cjs')}`, CLOCK_SHIFT_MS: '0' }],
  expects: () => [
    { name: 'ValidationFailuresHigh', model: 'pkce', or: pagesOfFailures },
    { name: 'ValidationFailuresHigh', model: 'wallet', or: pagesOfFailures },
    { name: 'ClientChallengesExpired', client: sick.app.clientId },
    { name: 'ClientChallengesExpired', client: sick.dapp },
    { name: 'ClockOffset' },
  ],
  // It is started twice.
  mayFire: [...consequences, 'InstanceDown'],
  begin: async (context) => {
    const [ahead] = context.others;
    if (ahead === undefined) throw new Error('there is one service only');
    const shiftBy = async (ms: number) => {
      await ahead.process().stop();
      await ahead.startAgain({ CLOCK_SHIFT_MS: String(ms) });
    };
    await shiftBy(90_000);
    const cause = sickClient(context, [
      async () => redeem(visitedAt(ahead.url), await pkceCode(context)),
      async () => verifyChallenge(visitedAt(ahead.url), await requestChallenge(context.visited, sick.dapp)),
    ]);
    return {
      ...cause,
      // Its clock is set right.
      end: async () => {
        await cause.end();
        await shiftBy(0);
      },
    };
  },
};
