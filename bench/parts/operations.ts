import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { cpuRatio, type Part, partOf } from '../report';
import { root } from '../repository';
import { type Contender, sideBySide } from '../rounds';
import { service } from '../servers';
import type { Settings } from '../settings';

/** What each file of the service has that a request in production pays for operations, and what stands there when it is off. */
const switchedOff: Readonly<Record<string, readonly [text: string, instead: string]>> = {
  'src/operations/audit/request-audit.ts': ['trail.hear(events, auditedRequest(ended))', 'void auditedRequest'],
  'src/operations/metrics/metrics.ts': ['this.record(ended)', 'void ended'],
  'src/platform/logger.ts': ['hooks: { streamWrite: (line: string) => guard.guarded(line) },', ''],
};
const without = 'dist/without-operations.js';

/** What operations cost a login: the audit trail, metrics and the log's guard, and tracing. */
export async function measureOperations(given: Settings): Promise<Part> {
  const settings = { ...given, warmUpSeconds: 2 * given.warmUpSeconds };
  await bundleWithout();
  const collector = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: '0.01' };
  const off = { ...service(), args: [join(root, without)] };
  const figures = [];
  const measured = [];
  for (const model of ['pkce', 'wallet'] as const) {
    const on: Contender = { name: `Tessera: ${model}`, server: service(), model, scope: 'profile' };
    const none = { ...on, name: `${on.name}, without operations`, server: off };
    const traced = { ...on, name: `${on.name}, 1 % traced`, server: service(tracing) };
    const [besideNone, alone] = await sideBySide([on, none], settings);
    const [oneOfHundred, untraced] = await sideBySide([traced, on], settings);
    figures.push(cpuRatio(`${model}, audit trail, metrics and guard, to none of them`, besideNone, alone, 1.1));
    figures.push(cpuRatio(`${model}, 1 % traced, to none`, oneOfHundred, untraced, 1.03));
    measured.push(besideNone, alone, oneOfHundred, untraced);
  }
  collector.close();
  return partOf(
    {
      title: 'Operations, on to off',
      about:
        'CPU of a login to that at a service beside it on the same core, with the same load at the same time: at one ' +
        'without the audit trail, the counting of requests and the guard of the log, and at one without tracing. With ' +
        'twice the warm-up of the others: what one request in a hundred runs is compiled late.',
    },
    settings,
    figures,
    measured,
  );
}

async function bundleWithout(): Promise<void> {
  const texts = new Map<string, string>();
  for (const [file, [text, instead]] of Object.entries(switchedOff)) {
    const source = await readFile(join(root, file), 'utf8');
    if (!source.includes(text)) throw new Error(`${file} has no ${text} any more`);
    texts.set(join(root, file), source.replace(text, instead));
  }
  const { bundle } = require('../../build.cjs') as {
    bundle(files: Readonly<Record<string, string>>, instead: ReadonlyMap<string, string>): Promise<unknown>;
  };
  await bundle({ 'src/main.ts': without }, texts);
}
