import { temporaryDirectory } from '../support/run/temporary-directory';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');
const { forbidden }: { forbidden: readonly { readonly name: string }[] } = require('../../.dependency-cruiser.cjs');
const rules = ['not-in-allowed', ...forbidden.map(({ name }) => name)];

/** For each rule imports that it forbids, and the file that each is put into. */
const wrongImports: Readonly<Record<string, readonly (readonly [file: string, specifier: string])[]>> = {
  'not-in-allowed': [
    ['src/platform/heap.ts', '../domain/clients/scope'],
    ['src/domain/tokens/lifetimes.ts', '../../protocols/login/login-error'],
    ['src/protocols/oauth/oauth.module.ts', '../../operations/audit/event-id'],
    ['src/operations/audit/audit-store.ts', '../../apps/browser/cookie-jar'],
    ['src/operations/probe/http-client.ts', '../../platform/clock'],
    ['src/operations/tracing/trace-requests.ts', '@opentelemetry/api'],
    ['src/operations/tracing/span-worker.js', '../../domain/events/request-events'],
    ['src/apps/demo/shortened.ts', '../../platform/config'],
    ['src/apps/demo/demo-context.ts', '../../../packages/client/src/locks.ts'],
    ['src/apps/browser/cookie-jar.ts', '../../platform/clock'],
    ['src/apps/comparison/run-context.ts', '../demo/wire'],
    ['src/main.ts', './apps/demo/wire'],
    ['src/protocols/oauth/redeem-code.flow.ts', '@tessera/client'],
    ['src/platform/config.ts', './config.test'],
    ['src/platform/logger.ts', './nowhere'],
    ['src/platform/clock.ts', '@jest/globals'],
    ['packages/client/src/page.ts', '../../../src/platform/clock.ts'],
    ['packages/client/src/locks.ts', './server/challenge.ts'],
  ],
  'the-models-do-not-know-each-other': [['src/protocols/oauth/revoke.flow.ts', '../wallet/address']],
  'only-adapters-import-databases': [
    ['src/protocols/oauth/redeem-code.flow.ts', 'mongoose'],
    ['src/protocols/login/sessions.ts', '../../domain/challenges/lmdb-grant-store'],
  ],
  'pure-rules-know-no-framework': [
    ['src/domain/credentials/pkce.ts', '@nestjs/common'],
    ['src/domain/clients/redirect-uri.ts', './client-store'],
  ],
  'loaded-when-they-are-on': [
    ['src/app.module.ts', './apps/comparison/comparison.module'],
    ['src/core.module.ts', './operations/tracing/trace-requests'],
  ],
  'no-cycles': [['src/platform/log-guard.ts', './logger']],
  'no-folder-cycles': [['src/domain/clients/scope.ts', '../apis/api']],
};

describe('the import rules', () => {
  const copy = temporaryDirectory();

  beforeAll(() => {
    for (const name of ['src', 'packages/client/src', '.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const [file, specifier] of Object.values(wrongImports).flat()) {
      const path = join(copy, file);
      writeFileSync(path, `import '${specifier}';\n${readFileSync(path, 'utf8')}`);
    }
  });

  it('given an import that each rule forbids, when they are checked, then each rule refuses its own', () => {
    const binary = join(root, 'node_modules/.bin/depcruise');
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'packages/client/src'];

    const { stdout } = spawnSync(binary, args, { cwd: copy, encoding: 'utf8', maxBuffer: 1e9 });

    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
    const refused = new Set(summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`));
    const wrong = Object.entries(wrongImports).flatMap(([rule, imports]) =>
      imports.map(([file]) => `${rule}: ${rule === 'no-folder-cycles' ? dirname(file) : file}`),
    );
    expect(wrong.filter((each) => !refused.has(each))).toEqual([]);
  });

  it('given all rules, when they are compared with the wrong imports, then none is without one', () => {
    expect(Object.keys(wrongImports).toSorted()).toEqual(rules.toSorted());
  });

  it('given all rules, when docs/architecture.md is read, then its table has each of them and no other', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

    const described = [...page.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) +\|/gm)].flatMap(([, names = '']) =>
      names.replaceAll('`', '').split(', '),
    );

    expect(described.toSorted()).toEqual(rules.toSorted());
  });
});
