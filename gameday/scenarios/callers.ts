import { newSecret } from '../../src/domain/credentials/secret';
import { postToken } from '../../test/support/clients/pkce-login';
import { post } from '../../test/support/clients/wallet';
import type { Scenario } from '../scenario';
import { metricsToken } from '../service';
import { browserOf, victim } from '../context';
import { ask, logInWithPassword, visited } from '../visitors';
import { repeat, shown } from './repeat';

const hex = (bytes: number) =>
  Buffer.from(newSecret() + newSecret() + newSecret(), 'base64url')
    .toString('hex')
    .slice(0, 2 * bytes);

export const credentialsOfCallers: Scenario = {
  name: 'F7',
  title: 'Credential-like text in paths and headers',
  about:
    'Callers put tokens, codes and verifiers where they do not belong: into paths, queries, `User-Agent`, `Referer` and the ' +
    "request's id. The log's guard replaces and counts them; as they are of callers' making, nobody is paged, and the log must " +
    'hold none of them.',
  expects: () => [],
  begin: async (context) => {
    const { service } = context;
    const sent: string[] = [];
    const secret = () => {
      const text = newSecret();
      sent.push(text);
      return text;
    };
    const going = repeat(context, 12, () => {
      const jwt = `eyJhbGciOiJFUzI1NiJ9.${secret()}.${secret()}`;
      return ask(context.visited, `/callback/${jwt}?code=${secret()}&code_verifier=${secret()}`, {
        headers: {
          'user-agent': `Client/1 Bearer ${jwt}`,
          referer: `https://app.example/?access_token=${secret()}`,
          'x-request-id': secret(),
          authorization: `Bearer ${jwt}`,
        },
      });
    });
    return {
      end: () => going.stop(),
      observed: async () => {
        const log = service.process().output();
        const leaked = sent.filter((text) => log.includes(text));
        const { text } = await ask(context.visited, '/metrics', {
          headers: { authorization: `Bearer ${metricsToken}` },
        });
        const of = (source: string) =>
          Number(new RegExp(`tessera_redactions_total{source="${source}"} (\\d+)`).exec(text)?.[1]);
        return {
          notes: [
            `${sent.length} texts were sent; ${of('caller')} were counted as callers', ${of('own')} as our own; ` +
              `${leaked.length} stand in the log.`,
          ],
          failures: [
            ...(leaked.length > 0 ? [`${leaked.length} texts stand in the log`] : []),
            ...(of('caller') > 0 ? [] : ['none was counted']),
            ...(of('own') === 0 ? [] : ['some were counted as our own']),
          ],
        };
      },
    };
  },
};

export const strangers: Scenario = {
  name: 'strangers',
  title: 'Strangers with made-up codes and nonces',
  about:
    'One address sends random codes, nonces, refresh tokens and client ids, as fast as it can at 60 a second. Nobody must be paged: ' +
    "no login fails. The security report names the address. Redirect URIs that are not a client's own are the one thing a stranger " +
    'can file a ticket about, because they look like a client that was configured wrongly; nobody is woken.',
  expects: () => [],
  mayFire: ['ClientRedirectErrors'],
  findings: () => ['failures_from_one_address'],
  begin: async (context) => {
    const service = visited(context.service.url, '203.0.113.66');
    const token = (fields: Record<string, string>) => postToken(service, fields);
    const tries = [
      () =>
        token({
          grant_type: 'authorization_code',
          client_id: 'shop-app',
          redirect_uri: 'https://shop.example/callback',
          code: newSecret(),
          code_verifier: newSecret(),
        }),
      () => post(service, '/wallet/verify', { nonce: hex(16), signature: `0x${hex(64)}1b` }),
      () => token({ grant_type: 'refresh_token', client_id: 'shop-app', refresh_token: newSecret() }),
      () => token({ grant_type: 'authorization_code', client_id: newSecret(), code: newSecret() }),
      () => ask(service, '/authorize?client_id=shop-app&redirect_uri=https://evil.example'),
    ];
    const going = tries.map((act) => repeat(context, 12, act));
    return {
      end: async () => void (await Promise.all(going.map(({ stop }) => stop()))),
      observed: async () => ({
        notes: [`Answers: ${going.map(({ results }) => shown(results)).join('; ')}.`],
        failures: going.flatMap(({ results }) => [...results.keys()]).filter((result) => /^(?:200|201|5)/.test(result)),
      }),
    };
  },
};

export const guesses: Scenario = {
  name: 'guesses',
  title: 'A flood of guesses at one user',
  about:
    'From 250 addresses, 30 a second, passwords of one user are guessed, with rate limits on. Guesses share a budget of 100 an ' +
    'hour; a browser in which the user has logged in before is not subject to it.',
  env: { RATE_LIMIT: 'on' },
  expects: () => [],
  findings: () => ['guesses_at_one_user'],
  begin: async (context) => {
    const { url } = context.service;
    const known = await browserOf(url, victim);
    let turn = 0;
    const going = repeat(context, 30, async () => {
      turn += 1;
      const address = `203.0.113.${1 + (turn % 250)}`;
      await browserOf(url, { ...victim, password: `guess ${turn}` }, address);
      return 'guessed';
    });
    const victimLogsIn = () => logInWithPassword(known, victim);
    let during: string | undefined;
    return {
      end: async () => {
        during = await victimLogsIn().then(
          () => 'succeeded',
          (error: unknown) => String(error),
        );
        await going.stop();
      },
      recovered: victimLogsIn,
      observed: async () => ({
        notes: [`Answers: ${shown(going.results)}. The user's own login in a known browser meanwhile ${during}.`],
        failures: [
          ...(during === 'succeeded' ? [] : [`the user's own login: ${during}`]),
          ...[...going.results.keys()].filter((result) => result === 'guessed' || result.startsWith('5')),
        ],
      }),
    };
  },
};
