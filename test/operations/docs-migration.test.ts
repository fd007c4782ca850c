import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startPrometheus } from '../support/operations/prometheus';
import { fixture } from '../support/run/fixture';

const page = readFileSync(join(__dirname, '../../docs/migration.md'), 'utf8');
const [, block = ''] = /^```promql\n(.*?)^```/ms.exec(page) ?? [];
const expressions = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the expressions of docs/migration.md', () => {
  const prometheus = fixture(() => startPrometheus([]));

  it('given a real Prometheus, when they are asked, then each is understood', async () => {
    const answers = await Promise.all(
      expressions.map((query) =>
        fetch(`${prometheus.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) }),
      ),
    );

    expect(expressions).toHaveLength(6);
    expect(answers.map(({ status }) => status)).toEqual(expressions.map(() => 200));
  });

  it('given docs/metrics.md, when their metrics are looked up, then each is there', () => {
    const metrics = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');
    const named = expressions.flatMap((expression) => expression.match(/tessera_\w+?(?=_bucket|[{[])/g) ?? []);

    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((metric) => !metrics.includes(`\`${metric}\``))).toEqual([]);
  });
});
