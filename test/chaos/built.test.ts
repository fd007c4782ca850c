import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { startCollector } from '../support/operations/collector';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { sendRaw } from '../support/service/raw-http';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import { startTypeScript } from '../support/run/ts-process';

const root = join(__dirname, '../..');

beforeAll(() => {
  // Others start what has been built then, and must not find it half written.
  if (process.env['TEST_SERVICE'] !== undefined) return;
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
});

describe.each(bothStores)('the built service on %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const collector = fixture(startCollector);
  const service = fixture(() => {
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_TRACES_SAMPLER_ARG: '1' };
    return startServiceProcess({ ...store.env, ...tracing, WORKERS: '2' }, 'dist/main.js');
  });

  it('given the built demo, when it is run, then both logins end at /api/me', async () => {
    const demo = startTypeScript('dist/demo.js', ['--url', service.url]);

    expect({ status: await demo.exited, output: demo.output() }).toMatchObject({ status: 0 });
  });

  it('given the built comparison, when it is run, then every attack is refused', async () => {
    const compare = startTypeScript('dist/compare.js', ['--url', service.url]);

    expect({ status: await compare.exited, output: compare.output() }).toMatchObject({ status: 0 });
  });

  it.each([
    ['/login', 'name="username"'],
    ['/', '/assets/home.js'],
    ['/assets/home.js', 'import'],
    ['/assets/mark.svg', '<svg'],
    ['/docs/assets/swagger-ui.css', '.swagger-ui'],
    ['/nothing', 'There is nothing at this address'],
    ['/metrics', 'tessera_store_records'],
  ])('given %s, when a browser asks for it, then it is there', async (path, part) => {
    const response = await fetch(service.url + path, { headers: { accept: 'text/html' } });

    expect(await response.text()).toContain(part);
  });

  it('given requests to both workers, when they are traced, then each worker exports its own', async () => {
    const exporters = new Set<unknown>();
    const bothExported = async () => {
      await sendRaw(service, { method: 'GET', path: '/authorize' });
      for (const { resource } of collector.spans) exporters.add(resource['service.instance.id']);
      return exporters.size === 2;
    };

    await eventually(bothExported, { withinMs: 30_000 });

    expect(collector.spans.every(({ resource }) => resource['service.name'] === 'tessera')).toBe(true);
  });

  it('given the keys, when they are rotated by the built command, then the new ones are published', async () => {
    const rotation = startTypeScript('dist/tessera.js', ['keys', 'rotate'], store.env);

    expect({ status: await rotation.exited, output: rotation.output() }).toMatchObject({ status: 0 });
    expect(rotation.output()).toMatch(/^RS256 {2}\S{43} {2}\w+$/m);
  });
});
