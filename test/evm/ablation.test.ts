import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mongoTwinFile, twinFile } from '../../ablation/build';
import { readMatrix } from '../../ablation/document';
import { attacked, baseline } from '../../ablation/matrix';
import { asking, Twins } from '../../ablation/twins';
import { type CheckId, checks } from '../../src/apps/comparison/checks/catalogue';
import { newAccount } from '../support/clients/wallet';
import { EvmChain } from '../support/evm/evm-chain';
import { fixture } from '../support/run/fixture';
import { finishedRun, startRun } from '../support/service/comparison';
import { startService } from '../support/service/service';
import { haveTwin } from '../support/service/twin';
import { emptyStore } from '../support/stores/stores';

const recorded = readMatrix();

/** What fell without the check, alone or with its partner. */
function fallsOf(id: CheckId): { readonly without: readonly CheckId[]; readonly attacks: readonly string[] } {
  const falls = recorded?.cells.filter(
    ({ check, outcome, exchanges }) => check === id && outcome === 'falls' && exchanges,
  );
  if (falls !== undefined && falls.length > 0) return { without: [id], attacks: falls.map(({ attack }) => attack) };
  const pair = recorded?.pairs.find((each) => each.checks.includes(id));
  return { without: (pair?.checks ?? []) as CheckId[], attacks: pair === undefined ? [] : [pair.attack] };
}

describe('the twin', () => {
  const chain = fixture(() => EvmChain.start(1, newAccount()));
  let twins: Twins;

  beforeAll(async () => {
    await haveTwin();
    twins = Twins.start(1, asking(chain.url));
  });
  afterAll(() => twins.stop());

  it('given every check, when every attack is made, then nothing falls that must not', async () => {
    expect(await baseline(twins)).toEqual([]);
  });

  it.each(checks.map(({ id }) => id))('given no %s, when it is attacked, then what was recorded falls', async (id) => {
    const { without, attacks } = fallsOf(id);

    const outcomes = await attacked(twins, without, attacks);

    expect(attacks).not.toEqual([]);
    expect(outcomes.filter(({ fell }) => fell).map(({ name }) => name)).toEqual(attacks);
  });

  it.each([
    ['production', { NODE_ENV: 'production' }, 'the twin starts in development alone'],
    ['every address', { HOST: '0.0.0.0' }, 'the twin listens on loopback alone'],
    ['a database', { MONGODB_URI: 'mongodb://127.0.0.1/' }, 'the twin has an embedded store of its own, and no other'],
    ['a directory', { DATA_DIR: '/tmp/kept' }, 'the twin has a directory of its own, which it removes'],
    ['a name', { ISSUER: 'https://login.example' }, 'the twin is known on this machine alone, by its own address'],
  ])('given %s, when it is started, then it says that it does not, and ends with 78', (_what, env, sentence) => {
    const { status, stderr } = spawnSync(process.execPath, [twinFile], { env, encoding: 'utf8', timeout: 30_000 });

    expect([status, stderr]).toEqual([78, `${sentence}\n`]);
  });

  it('given a page of it, when it is shown, then it says that it is weakened, and by what', async () => {
    const { PATH } = process.env;
    const args = [twinFile, '--without', 'pkce.verifier,wallet.address'];
    const twin = spawn(process.execPath, args, { env: { PATH }, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(twin.stdout.setEncoding('utf8'), 'data');
    const page = await (await fetch(`${String(line).split(',')[0]}/login`)).text();
    twin.kill();
    await once(twin, 'exit');

    expect(page).toContain('A weakened twin of Tessera, to look at. Checks taken away: pkce.verifier, wallet.address.');
  });
});

describe('the twin on MongoDB', () => {
  const store = fixture(() => emptyStore('mongodb'));
  let twins: Twins;

  beforeAll(async () => {
    await haveTwin();
    const settings = { NODE_ENV: 'test', TEST_MONGODB_URI: store.env['MONGODB_URI'] ?? '' };
    twins = Twins.start(1, settings, mongoTwinFile);
  });
  afterAll(() => twins.stop());

  it('given every check, when every attack is made, then nothing falls that must not', async () => {
    expect(await baseline(twins)).toEqual([]);
  });

  it.each<CheckId>([
    'pkce.code-single-use',
    'pkce.code-atomic',
    'pkce.par-one-code',
    'wallet.single-use',
    'wallet.atomic',
    'both.one-grant',
  ])('given no %s, when it is attacked, then the same falls as on the embedded store', async (id) => {
    const { without, attacks } = fallsOf(id);

    const fell = (await attacked(twins, without, attacks)).filter((each) => each.fell);
    const alone = without.length === 1 ? fell : (await twins.attack([id], attacks)).filter((each) => each.fell);

    expect(fell.map(({ name }) => name)).toEqual(attacks);
    expect(alone.length).toBe(without.length === 1 ? attacks.length : 0);
  });
});

describe('a run without a check', () => {
  beforeAll(haveTwin);

  it('given a server in development, when a check is taken away, then its run says what falls, step by step', async () => {
    const service = await startService();
    const run = await finishedRun(service.url, { without: ['pkce.code-client'] });
    const comparison = (await (await fetch(`${service.url}/compare`)).json()) as { measuredBy: unknown };
    await service.stop();

    const fell = run.attacks.filter(({ name, fell: got }) => got && name.startsWith('pkce.'));
    expect([run.status, run.without]).toEqual(['failed', ['pkce.code-client']]);
    expect(fell.map(({ name }) => name)).toEqual(['pkce.other-client']);
    const steps = fell[0]?.exchanges?.map(({ by, path, status }) => [by, path, status]);
    expect(steps).toEqual([
      ['owner', '/authorize', 303],
      ['attacker', '/token', 200],
      ['owner', '/token', 400],
    ]);
    expect(fell[0]?.exchanges?.[1]?.stored).toMatchObject([{ collection: 'grants', model: 'pkce' }]);
    // It measured the twin, not this server.
    expect(comparison.measuredBy).toBeNull();
  });

  it('given one under way, when another is asked for, then it has to wait', async () => {
    const service = await startService();
    const body = { without: ['pkce.verifier'] };
    const first = await startRun(service.url, body);
    const second = await startRun(service.url, body);
    await service.stop();

    expect([first.status, second.status, second.headers.get('retry-after')]).toEqual([201, 429, expect.any(String)]);
  });
});
