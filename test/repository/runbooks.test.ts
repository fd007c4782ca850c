import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { leadsSomewhere } from '../support/docs/links';
import { runbookHeadings, runbooks } from '../support/operations/runbooks';

const root = join(__dirname, '../..');
const folder = join(root, 'docs/runbooks');
const pages = runbooks();
const readme = pages.find(({ name }) => name === 'README');
const others = pages.filter(({ name }) => name !== 'README');

interface Alert {
  readonly name: string;
  readonly severity: string;
  readonly runbookUrl: string;
}

const rules = readFileSync(join(root, 'ops/prometheus/alerts.rules.yml'), 'utf8');
const alerts = rules
  .split(/^ +- alert: /m)
  .slice(1)
  .map((rule): Alert => {
    const field = (name: string) => new RegExp(`^ +${name}: (.*)$`, 'm').exec(rule)?.[1] ?? '';
    return { name: /^\w+/.exec(rule)?.[0] ?? '', severity: field('severity'), runbookUrl: field('runbook_url') };
  });

const panels = new Set(
  ['executive', 'on-call', 'debug'].flatMap((view) => {
    const dashboard = readFileSync(join(root, `ops/grafana/dashboards/${view}.json`), 'utf8');
    return (JSON.parse(dashboard) as { panels: readonly { title: string }[] }).panels.map(({ title }) => title);
  }),
);

/** Those that are there on every machine of the service, in its settings, or in the block itself. */
const settings = new Set(['KEY_ENCRYPTION_KEYS']);

describe('the runbooks', () => {
  it('given the alerts, when the pages are listed, then each alert has one, which its runbook_url names, and each page is of an alert, a failure mode or a playbook', () => {
    const ofAlerts = others.filter(({ name }) => !/^(?:f[1-8]|playbook)-/.test(name)).map(({ name }) => name);

    expect(alerts.length).toBeGreaterThan(20);
    expect(ofAlerts.toSorted()).toEqual(alerts.map(({ name }) => name).toSorted());
    expect(alerts.filter(({ name, runbookUrl }) => !runbookUrl.endsWith(`docs/runbooks/${name}.md`))).toEqual([]);
  });

  it('given the failure modes, when the pages are listed, then there is one for each', () => {
    const modes = others.flatMap(({ name }) => /^f\d(?=-)/.exec(name) ?? []);

    expect(modes).toEqual(['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8']);
  });

  it.each(alerts)('given $name, when its page is read, then it says if it wakes somebody', ({ name, severity }) => {
    const page = others.find((each) => each.name === name);

    expect(page?.text).toMatch(new RegExp(`^# ${name}\n\n\\*\\*${severity === 'page' ? 'Page' : 'Ticket'}\\.\\*\\* `));
    expect(readme?.text).toMatch(new RegExp(`^\\| \\[${name}\\]\\(${name}\\.md\\) +\\| ${severity} +\\|`, 'm'));
  });

  it.each(others)(
    'given $name, when its headings are read, then they are those of every page, in their order',
    ({ headings }) => {
      expect(headings).toEqual(runbookHeadings);
    },
  );

  it.each(pages)(
    'given $name, when its commands are read, then its first block names each variable, and no other',
    ({ variables, blocks }) => {
      const commands = blocks.map((block) => block.commands).join('\n');
      const assigned = new Set(
        [...commands.matchAll(/^([a-z]+)=|\bfor ([a-z]+) in\b/gm)].flatMap(([, ...names]) => names),
      );

      const used = new Set([...commands.matchAll(/\$\{?([A-Za-z_]{2,})/g)].map(([, name = '']) => name));

      expect(
        [...used].filter((name) => !assigned.has(name) && !settings.has(name) && /^[A-Z]/.test(name)).toSorted(),
      ).toEqual(variables.toSorted());
    },
  );

  it.each(pages)('given $name, when its commands are read, then each block says what to look for', ({ blocks }) => {
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.filter(({ prints }) => prints === undefined)).toEqual([]);
  });

  it.each(pages)(
    'given $name, when its links are followed, then each leads to a file, and to a heading in it',
    ({ name, text }) => {
      const targets = [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);

      expect(targets.filter((target) => !leadsSomewhere(join(folder, `${name}.md`), target))).toEqual([]);
    },
  );

  it.each(pages)('given $name, when it names panels, then they are those of the dashboards', ({ name, text }) => {
    const [, section = ''] = /^## What the dashboard shows\n(.*?)^## /ms.exec(text) ?? [];
    const tables = text.split('\n').filter((line) => line.startsWith('|'));
    const named = [...(name === 'README' ? tables.join('\n') : section).matchAll(/\*\*([^*]+)\*\*/g)].map(
      ([, title = '']) => title.replace(/\s+/g, ' '),
    );

    expect(named.filter((title) => !panels.has(title))).toEqual([]);
  });

  it('given the index, when its links are read, then it leads to every page', () => {
    const linked = new Set([...(readme?.text ?? '').matchAll(/\]\(([\w-]+)\.md/g)].map(([, name]) => name));

    expect(others.filter(({ name }) => !linked.has(name)).map(({ name }) => name)).toEqual([]);
  });
});
