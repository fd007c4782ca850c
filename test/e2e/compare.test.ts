import { describe, expect, it } from '@jest/globals';
import { attacksOn } from '../../src/apps/comparison/attacks/catalogue';
import type { Comparison } from '../../src/apps/comparison/comparison';
import { mustBeDefended } from '../../src/apps/comparison/run';
import type { RunView } from '../../src/apps/comparison/run-view';
import { UserStore } from '../../src/domain/identity/user-store';
import { ClientStore } from '../../src/domain/clients/client-store';
import { runClients } from '../../src/apps/comparison/run-clients';
import { newId } from '../../src/domain/credentials/secret';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { finishedRun, pageOf, readEvents, readRun, startRun } from '../support/service/comparison';
import { errorOf } from '../support/service/envelope';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { testKeyEncryptionKey } from '../support/service/production';
import { startService, startServiceOn, type TestService } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const names = attacksOn(['pkce', 'wallet']).map(({ id }) => id);

async function comparisonAt(url: string): Promise<Comparison> {
  return (await (await fetch(`${url}/compare`)).json()) as Comparison;
}

/** Of every statement of the comparison but those of passkeys. */
function factsOf({ aspects, walletMessages }: Comparison) {
  const statements = [
    ...aspects.flatMap(({ pkce, wallet, both }) => [pkce, wallet, both]),
    ...walletMessages.flatMap(({ server, wallet }) => [server, wallet]),
  ];
  return statements.flatMap(({ facts }) => facts);
}

function stolenFrom({ aspects }: Comparison) {
  return aspects.find(({ id }) => id === 'stolen-database');
}

function stepOf(run: RunView, name: string): RunView['steps'][number] | undefined {
  return run.steps.find(({ step }) => step === name);
}

async function clientsOfRuns({ app }: Pick<TestService, 'app'>): Promise<string[]> {
  const clients = await app.get(ClientStore).list();
  return clients.map(({ clientId }) => clientId).filter((id) => id.startsWith('comparison-'));
}

describe.each(storesUnderTest)('the comparison on %s', (store) => {
  const service = fixture(() => startService(store, { AUTHORIZATION_CODE_TTL: '41', WALLET_CHALLENGE_TTL: '123' }));
  const before = fixture(() => comparisonAt(service.url));
  const run = fixture(() => finishedRun(service.url));

  it('given a sound server, when every attack is run, then each is defended against that must be', () => {
    const open = run.attacks.filter((attack) => mustBeDefended(attack) && !attack.defended);

    expect(open).toEqual([]);
    expect(run.attacks.map(({ name }) => name)).toEqual(names);
    expect(run.status).toBe('passed');
    expect(run.message).toBe('Every login succeeded, and 37 of 37 attacks were defended against');
    expect(run.summary.wallet?.attacks).toEqual({ total: 16, defended: 16 });
  });

  it('given a nonce that belongs to no address, when it is stolen, then that succeeds, says so, and fails no run', async () => {
    const described = (await (await fetch(`${service.url}/compare/attacks`)).json()) as readonly object[];

    expect(run.attacks.filter((attack) => !mustBeDefended(attack))).toEqual([
      expect.objectContaining({
        name: 'wallet.unbound-nonce',
        model: 'wallet',
        expected: 'succeeds',
        defended: false,
        status: 200,
        error: null,
        reason: null,
        verdict:
          'Succeeds, as expected; the victim has to begin again; a nonce that was bound to the victim’s address prevented it (message_mismatch), and the victim signed in',
      }),
    ]);
    expect(described.filter((attack) => 'expected' in attack)).toMatchObject([
      { name: 'pkce.thief-first', expected: 'detected' },
      { name: 'pkce.thief-refreshes-first', expected: 'detected' },
      { name: 'wallet.thief-first', expected: 'detected' },
      { name: 'wallet.unbound-nonce', expected: 'succeeds' },
      { name: 'wallet.phishing-relay', expected: 'succeeds' },
    ]);
  });

  it('given no RPC endpoint, when a contract account of another chain signs, then the message and the subject keep it out', () => {
    const attack = run.attacks.find(({ name }) => name === 'wallet.contract-other-chain');

    expect(attack).toMatchObject({ defended: true, status: 400, reason: 'message_mismatch' });
    expect(attack?.checks.map(({ held }) => held)).toEqual([true, true]);
  });

  it('given a run, when its steps are read, then both logins are there in order and as many as were announced', () => {
    const steps = run.steps.map(({ model, step }) => `${model}.${step}`);

    expect(steps).toEqual([
      'pkce.generate',
      'pkce.authorize',
      'pkce.login-page',
      'pkce.login-challenge',
      'pkce.login-sign',
      'pkce.login',
      'pkce.code',
      'pkce.redeem',
      'pkce.resource',
      'wallet.generate',
      'wallet.challenge',
      'wallet.sign',
      'wallet.verify',
      'wallet.resource',
    ]);
    expect(run.expected).toEqual({ steps: steps.length, attacks: names.length });
  });

  it.each([
    ['pkce', 'code', 'redeem'],
    ['wallet', 'challenge', 'verify'],
  ])(
    'given the %s login, when its challenge is followed, then it appears with %s and is gone with %s',
    (model, made, spent) => {
      const challenges = (name: string, when: 'before' | 'after') =>
        run.steps
          .find((step) => step.model === model && step.step === name)
          ?.stored[when].filter(({ collection, kind }) => collection === 'challenges' && kind !== 'wallet_login')
          .length;

      expect([challenges(made, 'before'), challenges(made, 'after')]).toEqual([0, 1]);
      expect([challenges(spent, 'before'), challenges(spent, 'after')]).toEqual([1, 0]);
    },
  );

  it('given the steps, when a credential is followed, then its hash is the same in each place, and no other', () => {
    const code = stepOf(run, 'code')?.holds['code'];
    const verifier = stepOf(run, 'generate')?.holds['code_verifier'];
    const challenge = stepOf(run, 'generate')?.holds['code_challenge'];

    expect(code).toMatch(/^sha256:[\w-]{8}$/);
    expect(stepOf(run, 'redeem')?.sent?.body).toMatchObject({ code, code_verifier: verifier });
    expect(stepOf(run, 'code')?.stored.after).toContainEqual(expect.objectContaining({ id: code }));
    expect(verifier?.slice('sha256:'.length)).toBe(challenge?.slice(0, 8));
  });

  it('given the run, its events and the log, when they are searched, then there is no credential in them', async () => {
    const events = await readEvents(service.url, run.id);
    const texts = [
      JSON.stringify(run),
      events.map(({ data }) => JSON.stringify(data)).join('\n'),
      service.log.join(''),
    ];

    for (const text of texts) {
      expect(text).not.toMatch(/eyJ[\w-]{10}/);
      expect(text).not.toMatch(/0x[0-9a-f]{64}/i);
      // What has the form of a code, a verifier or a cookie can only be the public hash of one.
      const found = [...text.replaceAll(String.raw`\n`, ' ').matchAll(/(?<![\w-])[\w-]{43}(?![\w-])/g)].map(
        ([each]) => each,
      );
      const isHash = (each: string) =>
        /(?:"(?:code_?[cC]hallenge|messageHash|signatureHash|asked)":"|code_challenge=)$/.test(
          text.slice(0, text.indexOf(each)),
        );
      expect(found.filter((each) => !isHash(each))).toEqual([]);
    }
  });

  it('given a finished run, when its events are asked for, then they tell the same and end with done', async () => {
    const events = await readEvents(service.url, run.id);
    const dataOf = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data);

    expect(dataOf('step')).toEqual(run.steps);
    expect(dataOf('attack')).toEqual(run.attacks);
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { status: 'passed' } });
  });

  it('given a reader that has seen some events, when it comes back with the last id, then it gets the rest', async () => {
    const all = await readEvents(service.url, run.id);
    const rest = await readEvents(service.url, run.id, { 'last-event-id': '3' });

    expect(rest).toEqual(all.slice(4));
  });

  it('given a reader that has seen a finished run to its end, when it comes back, then it is told to stay away', async () => {
    const last = String((await readEvents(service.url, run.id)).length - 1);

    const answer = await fetch(`${service.url}/compare/runs/${run.id}/events`, { headers: { 'last-event-id': last } });

    expect(answer.status).toBe(204);
  });

  it('given a run under way, when its events are read, then they arrive before it has ended', async () => {
    const { id } = (await (await startRun(service.url, { models: ['wallet'] })).json()) as { id: string };
    const events = await readEvents(service.url, id);

    expect(events.map(({ type }) => type)).toEqual([
      'started',
      ...Array.from({ length: 5 }, () => 'step'),
      ...Array.from({ length: 17 }, () => 'attack'),
      'summary',
      'cleanup',
      'done',
    ]);
  });

  it('given finished runs, when the store is looked at, then nothing of theirs can be used any more', async () => {
    const state = (await (await fetch(`${service.url}/debug/state`)).json()) as Record<
      string,
      { count: number; records: { endedAt?: number; kind?: string }[] }
    >;

    expect(await clientsOfRuns(service)).toEqual([]);
    expect(state['sessions']?.records.filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
    // A proof of a key that was used is remembered for its minute.
    expect(state['challenges']?.records.filter(({ kind }) => kind !== 'dpop_proof')).toEqual([]);
    expect(run.cleanup?.removed).toEqual({ clients: 5, sessions: 6, challenges: 8 });
  });

  it('given no run yet, when the models are compared, then what only a run can measure is null', () => {
    const facts = factsOf(before);

    expect(before.measuredBy).toBeNull();
    expect(facts.filter(({ from, value }) => from === 'run' && value !== null)).toEqual([]);
    expect(facts.filter(({ from, value }) => from !== 'run' && value === null)).toEqual([]);
  });

  it('given a run, when the models are compared, then every aspect is measured, and says so of both', async () => {
    const comparison = await comparisonAt(service.url);
    const facts = factsOf(comparison);
    const both = comparison.aspects.map((aspect) => aspect.both.text);

    expect(comparison.aspects.map(({ id }) => id)).toEqual([
      'client-generates',
      'client-sends',
      'server-stores',
      'client-proves',
      'server-verifies',
      'cryptography',
      'single-use',
      'lifetime',
      'round-trips',
      'bytes',
      'eavesdropper',
      'stolen-database',
      'stolen-token',
      'origin',
      'adds',
    ]);
    expect(new Set(both).size).toBe(comparison.aspects.length);
    expect(comparison.walletMessages.map(({ id }) => id)).toContain('seen-nonce');
    expect(comparison.measuredBy?.runId).toBe(run.id);
    expect(facts.filter(({ value }) => value === null)).toEqual([]);
    expect(comparison.models.pkce.live.started).toBeGreaterThanOrEqual(7);
    expect(comparison.models.pkce.live.refused).toMatchObject({ code_verifier_mismatch: 1, code_used: 22 });
    expect(comparison.models.wallet.live.steps.find(({ step }) => step === 'verify')?.p95).toBeGreaterThan(0);
  });

  it('given signing keys, when it is told what a stolen database reveals, then it tells of them as they are stored', async () => {
    const plain = stolenFrom(await comparisonAt(service.url));
    const encrypting = await startService(store, { KEY_ENCRYPTION_KEYS: testKeyEncryptionKey });
    const encrypted = stolenFrom(await comparisonAt(encrypting.url));
    const keys = await encrypting.app.get(SigningKeyStore).list();
    await encrypting.stop();

    for (const statement of [plain?.pkce, plain?.wallet]) {
      expect(statement?.text).toContain('in plain text, and whoever has them can sign any token');
      expect(statement?.facts).toContainEqual({ name: 'private signing keys in plain text', value: 2, from: 'live' });
    }
    for (const statement of [encrypted?.pkce, encrypted?.wallet]) {
      expect(statement?.text).toContain('The private signing keys are encrypted under KEY_ENCRYPTION_KEYS');
      expect(statement?.facts).toContainEqual({
        name: 'private signing keys that are encrypted',
        value: keys.length,
        from: 'live',
      });
    }
    expect(keys.map(({ privateJwk }) => typeof privateJwk)).toEqual(['string', 'string']);
  });

  it('given a body that says nothing sensible, when a run is asked for, then it is refused by its reason', async () => {
    const bodies = [{ models: ['saml'] }, { models: [] }, { models: { $ne: null } }, { attacks: 'all' }];

    const answers = await Promise.all(bodies.map(async (body) => errorOf(await startRun(service.url, body))));

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(answers.map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: 3 }, () => 'models_invalid'),
      'attacks_invalid',
    ]);
  });

  it('given no run of that id, when it is read, then it is 404', async () => {
    const response = await fetch(`${service.url}/compare/runs/nothing`);

    expect(await errorOf(response)).toMatchObject({ status: 404, error: 'invalid_request', reason: 'run_unknown' });
  });

  it('given the clients of a run whose process was killed, when the next run is made, then they are gone', async () => {
    const { app, dapp, attacker } = runClients(newId(), 'RS256');
    for (const client of [app, dapp, attacker]) await service.app.get(ClientStore).save(client);
    const left = await clientsOfRuns(service);

    await finishedRun(service.url, { models: ['wallet'], attacks: false });

    expect(left).toHaveLength(3);
    expect(await clientsOfRuns(service)).toEqual([]);
  });

  it('given a finished run, when nearly an hour has passed, then it is kept, and after an hour it is gone', async () => {
    const finished = await finishedRun(service.url, { models: ['wallet'], attacks: false });

    service.clock.advance(59 * 60_000);
    const kept = await readRun(service.url, finished.id);
    service.clock.advance(2 * 60_000);
    const gone = await fetch(`${service.url}/compare/runs/${finished.id}/events`);

    expect(kept).toEqual(finished);
    expect(gone.status).toBe(404);
  });

  const parts = ['steps', 'attacks'] as const;
  it.each(parts)('given a run, when the service stops in its %s, then it is over and cleaned up', async (part) => {
    const storeOfRun = emptyStore(store);
    const first = await startServiceOn(storeOfRun);
    const { id } = (await (await startRun(first.url)).json()) as { id: string };
    const reading = readEvents(first.url, id);
    await eventually(async () => (await readRun(first.url, id))[part].length > 0, { withinMs: 30_000, everyMs: 5 });
    await first.stop();
    const second = await startServiceOn(storeOfRun);

    const stopped = await readRun(second.url, id);
    const clients = await clientsOfRuns(second);
    await second.stop();
    await storeOfRun.remove();

    expect(stopped.status).toBe('error');
    expect(stopped.message).toMatch(/^The run could not be finished: /);
    expect(clients).toEqual([]);
    await expect(reading).resolves.toBeInstanceOf(Array);
  });

  describe('the page', () => {
    it.each(['/', '/demo/spa/callback', '/demo/web/callback'])(
      'given %s, when a browser opens it, then it is a page that is locked down',
      async (path) => {
        const { response, page } = await pageOf(service, path);

        const policy = response.headers.get('content-security-policy') ?? '';
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('referrer-policy')).toBe('no-referrer');
        expect(policy).toContain("default-src 'none'");
        expect(policy).not.toMatch(/unsafe-|https?:/);
        expect(page).not.toMatch(/<style|<script(?![^>]* src="\/assets\/)|\sstyle=|\son\w+=/);
      },
    );

    it('given the settings, when it names a lifetime, then it is theirs', async () => {
      const { page } = await pageOf(service);

      expect(page).toContain('for 41 seconds at most');
      expect(page).toContain('for 123 seconds at most');
    });

    it('given GET /compare, when it shows the table, then each of the aspects is a row', async () => {
      const { page } = await pageOf(service);

      const rows = [...page.matchAll(/ id="aspect-([^"]+)"/g)].map(([, id]) => id);
      expect(rows).toEqual(before.aspects.map(({ id }) => id));
    });

    it('given a code in the address of a callback, when it is rendered, then it is not in it', async () => {
      const { page } = await pageOf(service, '/demo/spa/callback?code=secret-code&state=s');

      expect(page).not.toContain('secret-code');
      expect(service.log.join('')).not.toContain('secret-code');
    });
  });

  it('given six asked for at once, when four are under way, then the others are told to come again', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => startRun(service.url, { models: ['wallet'] })));
    const refused = answers.filter(({ status }) => status === 429);
    const started = answers.filter(({ status }) => status === 201);
    const ids = await Promise.all(started.map(async (answer) => ((await answer.json()) as { id: string }).id));
    const ends = await Promise.all(ids.map(async (id) => (await readEvents(service.url, id)).at(-1)));

    expect([started.length, refused.length]).toEqual([4, 2]);
    expect(refused.every((answer) => answer.headers.get('retry-after') === '5')).toBe(true);
    expect(await refused[0]?.json()).toMatchObject({ error: 'temporarily_unavailable', reason: 'runs_at_limit' });
    expect(ends.map((end) => end?.data['status'])).toEqual(['passed', 'passed', 'passed', 'passed']);
    // Their slots are free again.
    expect((await startRun(service.url, { attacks: false })).status).toBe(201);
  });

  describe('with passkeys', () => {
    const played = fixture(() => finishedRun(service.url, { models: ['passkey', 'wallet', 'pkce'] }));
    const attack = (name: string) => played.attacks.find((each) => each.name === name);

    it('given them, when every attack is run, then each is defended by its own rule', () => {
      const open = played.attacks.filter((each) => mustBeDefended(each) && !each.defended);

      expect(open).toEqual([]);
      expect(played.models).toEqual(['pkce', 'wallet', 'passkey']);
      expect(played.summary.passkey?.attacks).toEqual({ total: 10, defended: 10 });
      expect(played.status).toBe('passed');
    });

    it('given a phishing page, when it relays to a wallet and to a passkey, then the wallet signs it in, and the passkey does not', () => {
      expect(attack('wallet.phishing-relay')).toMatchObject({ expected: 'succeeds', status: 303, defended: false });
      expect(attack('passkey.other-origin')).toMatchObject({ defended: true, status: 400, reason: 'origin_mismatch' });
    });

    it('given the login, when its challenge is followed, then it appears, is gone with the assertion, and became a session', () => {
      const steps = played.steps.filter(({ model }) => model === 'passkey');
      const stored = steps.map(({ step, stored: { after } }) => [step, ...after.map(({ collection }) => collection)]);

      expect(stored).toEqual([
        ['login-page'],
        ['challenge', 'challenges'],
        ['assert', 'challenges'],
        ['login', 'sessions'],
        ['resource', 'sessions'],
      ]);
    });

    it('given the run, when the models are compared, then the passkey’s column is measured, too', async () => {
      const { aspects, models } = await comparisonAt(service.url);
      const open = aspects.flatMap(({ passkey }) => passkey.facts.filter(({ value }) => value === null));

      expect(open.map(({ name }) => name)).toEqual([]);
      expect(models.passkey.measured).toEqual(played.summary.passkey);
    });

    it('given a run that is over, when users are listed, then its persons are gone', async () => {
      const users = await service.app.get(UserStore).page(100);

      expect(users.filter(({ username }) => username.startsWith('comparison-'))).toEqual([]);
    });

    it('given an issuer with an IP address, when passkeys are asked for, then it is models_invalid', async () => {
      const other = await startService('lmdb', { ISSUER: 'http://127.0.0.1:3000' });
      const answer = await startRun(other.url, { models: ['passkey'] });

      await other.stop();
      expect([answer.status, await errorOf(answer)]).toEqual([
        400,
        expect.objectContaining({ reason: 'models_invalid' }),
      ]);
    });
  });
});
