import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';

const run = promisify(execFile);
const directory = join(__dirname, '../../ops/prometheus');

const alertSchema = z.object({
  alert: z.string(),
  expr: z.string(),
  labels: z.strictObject({
    service: z.literal('tessera'),
    severity: z.enum(['page', 'ticket']),
    outage: z.literal('true').optional(),
    symptom: z.literal('true').optional(),
  }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const rulesSchema = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(z.unknown()) })) });
const testSchema = z.object({
  group_eval_order: z.array(z.string()),
  tests: z.array(
    z.object({
      promql_expr_test: z.array(z.object({ expr: z.string(), exp_samples: z.array(z.unknown()) })),
    }),
  ),
});

function read(file: string): string {
  return readFileSync(join(directory, file), 'utf8');
}

const groupsOf = (file: string) => rulesSchema.parse(parse(read(file))).groups;
const rulesOf = (file: string) => groupsOf(file).flatMap(({ rules }) => rules);

const alerts = rulesOf('alerts.rules.yml').map((rule) => alertSchema.parse(rule));
const groups = ['recording.rules.yml', 'alerts.rules.yml'].flatMap(groupsOf).map(({ name }) => name);
const testFiles = readdirSync(join(directory, 'tests')).map((file) => join('tests', file));

describe('the rules and alerts of Prometheus', () => {
  it('given promtool and amtool, when they check the files, then these are what Prometheus and Alertmanager read', async () => {
    const checked = [
      await run('promtool', ['check', 'config', '--lint-fatal', join(directory, 'prometheus.yml')]),
      await run('promtool', ['check', 'rules', '--lint-fatal', join(directory, 'recording.rules.yml')]),
      await run('amtool', ['check-config', join(directory, 'alertmanager.yml')]),
    ];

    expect(checked.map(({ stdout }) => stdout.includes('FAILED'))).toEqual([false, false, false]);
  });

  it.each(testFiles)(
    'given %s, when promtool runs it on the rules, then each alert fires when it should alone',
    async (file) => {
      const { stdout } = await run('promtool', ['test', 'rules', join(directory, file)]);

      expect(stdout).toContain('SUCCESS');
      expect(testSchema.parse(parse(read(file))).group_eval_order).toEqual(groups);
    },
  );

  it('given the alerts, when their tests are read, then each is seen firing, and seen silent beside something alike', () => {
    const checks = testFiles.flatMap((file) =>
      testSchema.parse(parse(read(file))).tests.flatMap(({ promql_expr_test: tests }) => tests),
    );
    const seen = (fires: boolean) =>
      new Set(
        checks
          .filter(({ exp_samples: samples }) => samples.length > 0 === fires)
          .map(({ expr }) => /alertname="(\w+)"/.exec(expr)?.[1]),
      );
    const names = new Set(alerts.map(({ alert }) => alert));

    expect(seen(true)).toEqual(names);
    expect(seen(false)).toEqual(names);
  });

  it('given the alerts, when their annotations are read, then each leads to its runbook', () => {
    expect(alerts.map(({ annotations }) => annotations.runbook_url)).toEqual(
      alerts.map(({ alert }) => `docs/runbooks/${alert}.md`),
    );
  });

  it('given what the rules ask for, when it is compared with docs/metrics.md, then each metric of ours is there', () => {
    const asked = [...`${read('recording.rules.yml')}${read('alerts.rules.yml')}`.matchAll(/\btessera_\w+/g)]
      .map(([name]) => name.replace(/_(?:bucket|count|sum)$/, ''))
      .toSorted();
    const page = readFileSync(join(directory, '../../docs/metrics.md'), 'utf8');

    expect([...new Set(asked)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('given scale.mjs, when all times are divided by 60, then Prometheus and Alertmanager read that too, and no time is left', async () => {
    const out = mkdtempSync(join(tmpdir(), 'tessera-scaled-'));
    try {
      await run(process.execPath, [join(directory, 'scale.mjs'), '--by', '60', '--out', out]);
      await run('promtool', ['check', 'config', join(out, 'prometheus.yml')]);
      await run('amtool', ['check-config', join(out, 'alertmanager.yml')]);
      const scaled = ['recording.rules.yml', 'alerts.rules.yml', 'prometheus.yml', 'alertmanager.yml'].map((file) =>
        readFileSync(join(out, file), 'utf8'),
      );

      expect(scaled.join('\n')).not.toMatch(
        /\[\d+[smhd]\]|offset \d+[smhd]\b|^\s*(?:for|\w+_(?:interval|wait|for)): \d+[smhd]$/m,
      );
      expect(scaled[0]).toContain('sum by (model) (increase(tessera:exchanges:total[60000ms]))');
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  it('given scale.mjs without its knob, then it says how it is used', async () => {
    await expect(run(process.execPath, [join(directory, 'scale.mjs')])).rejects.toMatchObject({ code: 64 });
  });
});
