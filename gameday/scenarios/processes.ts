import * as z from 'zod';
import { descendants } from '../../test/support/run/processes';
import { redeem } from '../../test/support/clients/pkce-login';
import { killOne } from '../../test/support/run/child';
import { eventually } from '../../test/support/run/eventually';
import type { Scenario } from '../scenario';
import { tessera } from '../service';
import type { Context } from '../context';
import { ask, requestCode, type Visited } from '../visitors';

const workers = 2;

async function serving({ monitoring }: Context): Promise<number> {
  const [found] = await monitoring.query('tessera_workers');
  return found?.value ?? 0;
}

export const killedWorker: Scenario = {
  name: 'killed-worker',
  title: 'A killed worker',
  about:
    'Of two workers one is killed with SIGKILL, twice. The supervisor starts another half a second later; the other worker serves. ' +
    'What is lost is what the dead one had in flight, and nobody is told.',
  env: { WORKERS: String(workers) },
  disturbsOthers: true,
  expects: () => [],
  begin: async (context) => {
    const child = context.service.process();
    const kill = () => {
      const [, worker] = descendants(child.pid);
      if (worker === undefined) throw new Error('there is no worker');
      killOne(worker);
    };
    await eventually(async () => (await serving(context)) === workers, { withinMs: 10_000, what: 'two workers' });
    kill();
    return {
      end: async () => kill(),
      recovered: () =>
        eventually(async () => (await serving(context)) === workers, { withinMs: 30_000, what: 'both again' }),
    };
  },
};

export const killedService: Scenario = {
  name: 'killed-service',
  title: 'A power cut',
  about:
    'The service, the only one, is killed with SIGKILL, and started again when the page has come. What was answered before is on the ' +
    'disk.',
  disturbsOthers: true,
  expects: () => [{ name: 'TesseraDown' }],
  mayFire: ['InstanceDown', 'ExchangeBudgetBurnFast', 'ExchangeBudgetBurnSlow', 'LatencyBudgetBurnFast'],
  begin: async ({ service }) => {
    await service.process().kill();
    return { end: () => service.startAgain() };
  },
};

const keys = z.object({ keys: z.array(z.object({ kid: z.string() })) });

async function publishedKids(service: Visited): Promise<string[]> {
  const { body } = await ask(service, '/.well-known/jwks.json');
  return keys.parse(body).keys.map(({ kid }) => kid);
}

export const rotation: Scenario = {
  name: 'key-rotation',
  title: 'Key rotation under load',
  about:
    'First `tessera keys rotate`, then `tessera keys rotate --immediately`, as after a leak, while people log in. No login fails; after ' +
    'the second no token of before is accepted any more, which is meant, and refresh tokens and sessions go on.',
  expects: () => [],
  begin: async (context) => {
    const { service, visited, browsers, load } = context;
    const before = await publishedKids(visited);
    const [browser] = browsers;
    const [app] = load.population.apps;
    if (browser === undefined || app === undefined) throw new Error('nobody has logged in');
    const { body } = await redeem(visited, await requestCode(visited, browser, app));
    const askWithOldToken = () =>
      ask(visited, '/api/me', { headers: { authorization: `Bearer ${String(body['access_token'])}` } });
    await tessera(service, 'keys', 'rotate');
    const rotatedAt = performance.now();
    await eventually(async () => (await publishedKids(visited)).length > before.length, {
      withinMs: 20_000,
      what: 'new keys published',
    });
    const publishedMs = performance.now() - rotatedAt;
    const early = (await askWithOldToken()).status;
    let endedMs = 0;
    return {
      end: async () => {
        const at = performance.now();
        await tessera(service, 'keys', 'rotate', '--immediately');
        await eventually(async () => (await askWithOldToken()).status === 401, {
          withinMs: 20_000,
          what: 'old tokens refused',
        });
        endedMs = performance.now() - at;
      },
      observed: async () => ({
        notes: [
          `The new keys were published ${(publishedMs / 1000).toFixed(1)} s after the first command; a token of before was then ` +
            `answered ${early}, and was refused ${(endedMs / 1000).toFixed(1)} s after the second was begun.`,
        ],
        failures: early === 200 ? [] : [`a token of before the planned rotation: ${early}`],
      }),
    };
  },
};
