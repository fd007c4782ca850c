import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Client, createClient, dpop, memoryStorage, TesseraError } from '../src/index.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startIssuer } from './support/issuer.ts';

const redirectUri = 'https://app.example.com/callback';
const clientSecret = 'Kx7pQ2mV9tR4wZ8sL3nB6yD1';

/** What a service may answer, by what it was sent. */
type Answer = (sent: string) => Response | Promise<Response>;

const json = (body: object, status = 200) => Response.json(body, { status });
const broken = (sent: string) => new ReadableStream({ start: (body) => body.error(new Error(sent)) });

/** Whatever is in it: a body by its fields, headers, the URL. */
function sentBy(url: string, init: RequestInit | undefined): string {
  const values = [...new URLSearchParams(String(init?.body ?? '')).values(), ...new Headers(init?.headers).values()];
  return [url, ...values].join(' ');
}

const callbackFor = (url: string) => {
  const state = new URL(url).searchParams.get('state') ?? '';
  return `${redirectUri}?${new URLSearchParams({ code: 'C0de-4jYb93GfRe1mNc7', state })}`;
};

/** Everything of an error that somebody may print, send or show. */
function shown(error: unknown): string {
  expect(error).toBeInstanceOf(TesseraError);
  const { stack, message, cause, advice } = error as TesseraError;
  const parts = [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), stack, message, cause, advice];
  return parts.map(String).join('\n');
}

describe('a service that quotes what it was sent', () => {
  /** What the token, revocation and userinfo endpoints answer. */
  let answer: Answer;
  /** What must be nowhere. */
  let credentials: string[];
  let written: string[];
  const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
  const former = { ...console };

  const issuer = fixture(startIssuer);
  beforeAll(() => {
    for (const name of ['revocation_endpoint', 'userinfo_endpoint', 'end_session_endpoint']) {
      issuer.metadata[name] = `${issuer.url}/${name}`;
    }
    issuer.metadata['pushed_authorization_request_endpoint'] = `${issuer.url}/par`;
  });

  beforeEach(() => {
    credentials = [clientSecret];
    written = [];
    for (const method of methods) console[method] = (...said: unknown[]) => void written.push(inspect(said));
  });
  afterEach(() => {
    Object.assign(console, former);
  });

  /** A client whose requests but for the metadata are answered by `answer`, and which remembers what it sent. */
  function clientOf(options: object = {}): Client {
    return createClient({
      issuer: issuer.url,
      clientId: 'my-app',
      clientSecret,
      redirectUri,
      scope: 'notes',
      dpop: dpop(),
      tokens: memoryStorage(),
      fetch: async (url, init) => {
        const headers = new Headers(init?.headers);
        if (init?.method === undefined) return fetch(url);
        const fields = new URLSearchParams(String(init.body ?? ''));
        for (const name of ['code', 'code_verifier', 'refresh_token', 'token'])
          credentials.push(...fields.getAll(name));
        for (const name of ['authorization', 'dpop']) {
          const value = headers.get(name);
          if (value !== null) credentials.push(...value.split(' ').slice(-1));
        }
        return answer(sentBy(url, init));
      },
      ...options,
    });
  }

  const tokens = {
    access_token: 'Ac3ssT0ken-9sQx71LmWp4',
    token_type: 'DPoP',
    refresh_token: 'R3freshT0ken-5kZv82HnTq6',
  };
  /** A client that has logged in. */
  async function loggedIn(): Promise<Client> {
    const client = clientOf();
    answer = () => json(tokens);
    await client.finish(callbackFor(await client.begin()));
    credentials.push(...Object.values(tokens).filter((value) => value !== 'DPoP'));
    return client;
  }

  const whenLoggedIn = (act: (client: Client) => Promise<unknown>) => async () => {
    const client = await loggedIn();
    return { call: () => act(client) };
  };
  const calls: Readonly<Record<string, () => Promise<{ readonly call: () => Promise<unknown> }>>> = {
    finish: async () => {
      const client = clientOf();
      const callback = callbackFor(await client.begin());
      return { call: () => client.finish(callback) };
    },
    refresh: whenLoggedIn((client) => client.refresh()),
    revoke: whenLoggedIn((client) => client.revoke()),
    userinfo: whenLoggedIn((client) => client.userinfo()),
    'a pushed request': async () => {
      const client = clientOf({ pushed: true });
      return { call: () => client.begin() };
    },
  };

  const answers: readonly (readonly [string, Answer])[] = [
    ['in the description', (sent) => json({ error: 'invalid_grant', error_description: `No: ${sent}` }, 400)],
    ['as the error', (sent) => json({ error: sent, error_description: 'No' }, 400)],
    ['as the only word', (sent) => json({ error: sent.split(' ').at(-1), reason: sent.split(' ')[1] }, 400)],
    ['as the reason', (sent) => json({ error: 'invalid_grant', reason: sent }, 400)],
    ['in what is no JSON', (sent) => new Response(sent, { status: 400 })],
    ['in an error of the network', (sent) => Promise.reject(new TypeError(`fetch failed: ${sent}`))],
    ['in a body that breaks off', (sent) => new Response(broken(sent), { status: 400 })],
  ];

  // What may have been lost on the way is asked for again for seconds by a refresh; its first answer is read as the others.
  const cases = answers
    .flatMap(([where, of]) => Object.keys(calls).map((name) => [where, name, of] as const))
    .filter(([where, name]) => name !== 'refresh' || !/network|breaks off/.test(where));

  it.each(cases)(
    'given what quotes it %s, when %s fails of it, then the error and the console hold no credential',
    async (_, name, hostile) => {
      const { call } = (await calls[name]?.()) ?? { call: () => undefined };
      answer = hostile;

      const error = await Promise.resolve(call()).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const text = shown(error) + written.join('\n');

      expect(credentials.length).toBeGreaterThan(1);
      expect(credentials.filter((each) => text.includes(each))).toEqual([]);
      expect(written).toEqual([]);
    },
  );

  it.each([
    'https://app.example.com:bad/callback?code=C0de-4jYb93GfRe1mNc7',
    'C0de-4jYb93GfRe1mNc7',
    '?state=&code=C0de-4jYb93GfRe1mNc7',
    'com.example.app:/callback?code=C0de-4jYb93GfRe1mNc7&state=%zz',
  ])('given the callback %s, when it is finished, then it is unknown, and the error does not quote it', async (url) => {
    const error = await clientOf()
      .finish(url)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'login_unknown' });
    expect(shown(error)).not.toContain('C0de-4jYb93GfRe1mNc7');
  });

  it('given a callback with an error that quotes the code, when it is finished, then the error does not', async () => {
    const client = clientOf();
    const url = new URL(callbackFor(await client.begin()));
    url.searchParams.set('error', 'C0de-4jYb93GfRe1mNc7');
    url.searchParams.set('error_description', 'not C0de-4jYb93GfRe1mNc7, which is unknown to code_challenge_method');

    const error = await client.finish(url.href).catch((thrown: unknown) => thrown);

    expect(shown(error)).not.toContain('C0de-4jYb93GfRe1mNc7');
    expect(error).toMatchObject({
      code: 'answer_invalid',
      message: 'not …, which is unknown to code_challenge_method',
    });
  });

  it('given a client that is logged in, when it is printed, then nothing that it holds is', async () => {
    const client = await loggedIn();

    const text = inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client);

    expect(credentials.filter((each) => text.includes(each))).toEqual([]);
  });

  it('given a body that can be sent once, when the API wants a nonce in the proof, then its answer is returned', async () => {
    const client = await loggedIn();
    let asked = 0;
    answer = () => {
      asked += 1;
      return new Response('', { status: 401, headers: { 'dpop-nonce': 'another nonce' } });
    };
    const body = new ReadableStream({ start: (controller) => controller.close() });

    const response = await client.fetch(`${issuer.url}/notes`, { method: 'POST', body });

    expect([response.status, asked]).toEqual([401, 1]);
  });
});
