import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { adminToken } from '../support/operations/admin';
import { authorizationQuery, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { newAccount, signIn } from '../support/clients/wallet';

interface Metric {
  readonly type: string;
  readonly labels: readonly string[];
}

const page = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');

/** What the tables of docs/metrics.md say, by name. */
function documented(): Record<string, Metric> {
  const row = /^\| `(tessera_\w+)` +\| (\w+) +\|[^|]*\|([^|]*)\|/gm;
  const metrics = [...page.matchAll(row)].map(([, name = '', type = '', labels = '']) => {
    const names = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).toSorted();
    return [name, { type, labels: names }] as const;
  });
  return Object.fromEntries(metrics);
}

/** The same of what a service exposes; a histogram's own label is not one of ours. */
function exposed(text: string): Record<string, Metric> {
  const metrics = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
    const series = new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? \\S+$`, 'gm');
    const labels = [...text.matchAll(series)].flatMap(([, all = '']) => [...all.matchAll(/(\w+)="/g)]);
    const names = new Set(labels.map(([, label = '']) => label).filter((label) => label !== 'le'));
    return [name, { type, labels: [...names].toSorted() }] as const;
  });
  return Object.fromEntries(metrics);
}

describe('docs/metrics.md', () => {
  const service = fixture(() =>
    startService('lmdb', { ADMIN_TOKEN: adminToken, EVM_RPC_URLS: '1=https://rpc.example' }),
  );

  it('given a service that has seen all there is to count, when its metrics are read, then they are those of the page', async () => {
    const browser = await loggedIn(service);
    const code = await codeFor(service, browser);
    await redeem(service, code);
    service.clock.advance(3_000);
    await redeem(service, code);
    await fetch(`${service.url}/authorize?${authorizationQuery({ redirect_uri: 'https://elsewhere.example/' })}`);
    await signIn(service, newAccount());

    const text = await fetch(`${service.url}/metrics`).then((response) => response.text());

    expect(exposed(text)).toEqual(documented());
    const series = text.split('\n').flatMap((line) => line.match(/^\w[^ ]*(?: [^ ]*)*(?= )/) ?? []);
    expect(series.filter((each, index) => series.indexOf(each) !== index)).toEqual([]);
  });

  it('given the measures of the guide, when the page is read, then each is explained and each metric has one that exists', () => {
    const measures = Array.from({ length: 10 }, (_, index) => `M${index + 1}`);
    const explained = [...page.matchAll(/^\| (M\d+) /gm)].map(([, measure]) => measure);
    const named = [...page.matchAll(/^\| `tessera_\w+`.*$/gm)].flatMap(([row]) => row.match(/\bM\d+\b/g) ?? []);

    expect(explained).toEqual(measures);
    // M9 is of the alerts.
    expect(new Set([...named, 'M9'])).toEqual(new Set(measures));
  });
});
