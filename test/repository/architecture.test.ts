import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');
const rules: string[] = require('../../.dependency-cruiser.cjs').forbidden.map(({ name }: { name: string }) => name);

/** For each rule an import that it forbids, and the file that it is put into. */
const wrongImports: Readonly<Record<string, readonly [file: string, specifier: string]>> = {
  'no-cycles': ['src/platform/clock.ts', './configure-app'],
  'the-two-models-do-not-know-each-other': ['src/protocols/oauth/revoke.flow.ts', '../wallet/address'],
  'nothing-imports-the-comparison': ['src/protocols/oauth/oauth.module.ts', '../comparison/wrong'],
  'the-comparison-is-loaded-when-it-is-on': ['src/app.module.ts', './comparison/wrong'],
  'tracing-is-loaded-when-it-is-on': ['src/core.module.ts', './tracing/trace-requests'],
  'one-module-knows-opentelemetry': ['src/operations/tracing/trace-requests.ts', '@opentelemetry/api'],
  'opentelemetry-knows-no-service': ['src/operations/tracing/span-worker.js', '../http/request-events'],
  'storage-imports-no-room': ['src/platform/storage/lmdb-table.ts', '../challenges/challenge'],
  'pages-import-no-room': ['src/platform/pages/page.ts', '../clients/scope'],
  'credentials-import-no-room': ['src/domain/credentials/secret.ts', '../identity/account-id'],
  'http-imports-no-room-but-what-it-must': ['src/platform/http/routed-paths.ts', '../clients/client'],
  'audit-imports-no-room-but-what-it-must': ['src/operations/audit/audit-store.ts', '../tokens/token-error'],
  'the-audit-trail-listens-from-outside': ['src/protocols/oauth/oauth.module.ts', '../audit/event-id'],
  'events-know-identity-alone': ['src/domain/events/events.ts', '../clients/scope'],
  'events-import-types-alone': ['src/domain/events/event.ts', '../identity/account-id'],
  'identity-clients-and-tokens-import-no-flow': ['src/domain/tokens/lifetimes.ts', '../login/login-error'],
  'identity-and-clients-import-no-tokens': ['src/domain/identity/user-store.ts', '../tokens/token-error'],
  'the-storage-module-alone-binds': ['src/protocols/login/sessions.ts', './lmdb-session-store'],
  'only-adapters-import-databases': ['src/protocols/oauth/redeem-code.flow.ts', 'mongoose'],
  'challenges-import-no-flow': ['src/domain/challenges/challenge-store.ts', '../tokens/token-error'],
  'controllers-are-the-outside': ['src/domain/tokens/token-issuer.ts', './me.controller'],
  'flows-know-no-http-server': ['src/protocols/oauth/authorize.flow.ts', 'fastify'],
  'pure-rules-know-no-framework': ['src/domain/credentials/pkce.ts', '@nestjs/common'],
  'pure-rules-know-no-flow-and-no-store': ['src/domain/clients/redirect-uri.ts', './client-store'],
  'descriptions-are-for-controllers': ['src/protocols/oauth/refresh.flow.ts', './token.openapi'],
  'the-demo-is-a-client': ['src/apps/demo/shortened.ts', '../config'],
  'the-probe-is-a-client': ['src/operations/probe/line.ts', '../clock'],
  'nothing-imports-the-demo': ['src/main.ts', './demo/wire'],
  'the-browser-is-for-those-who-play-one': ['src/protocols/login/sessions.ts', '../browser/cookie-jar'],
  'the-browser-imports-nothing': ['src/apps/browser/cookie-jar.ts', '../clock'],
  'the-package-is-for-those-who-play-a-client': ['src/protocols/oauth/redeem-code.flow.ts', '@tessera/client'],
  'the-package-is-imported-by-its-entries': ['src/apps/demo/stage.ts', '../../packages/client/src/locks.ts'],
  'the-package-is-a-client': ['packages/client/src/page.ts', '../../../src/clock.ts'],
  'the-core-of-the-package-stands-alone': ['packages/client/src/locks.ts', './server/challenge.ts'],
  'production-imports-no-test': ['src/platform/config.ts', './config.test'],
  'no-unresolvable': ['src/platform/logger.ts', './nowhere'],
  'no-dev-dependencies-in-the-service': ['src/platform/clock.ts', '@jest/globals'],
};

describe('the import rules', () => {
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'tessera-imports-'));
    for (const name of ['src', 'packages/client/src', '.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    mkdirSync(join(copy, 'src/comparison'), { recursive: true });
    writeFileSync(join(copy, 'src/comparison/wrong.ts'), 'export const wrong = true;\n');
    for (const [file, specifier] of Object.values(wrongImports)) {
      const path = join(copy, file);
      writeFileSync(path, `import '${specifier}';\n${readFileSync(path, 'utf8')}`);
    }
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('given an import that each rule forbids, when they are checked, then each rule refuses its own', () => {
    const binary = join(root, 'node_modules/.bin/depcruise');
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'packages/client/src'];

    const { stdout } = spawnSync(binary, args, { cwd: copy, encoding: 'utf8', maxBuffer: 1e9 });

    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
    const refused = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
    for (const [rule, [file]] of Object.entries(wrongImports)) expect(refused).toContain(`${rule}: ${file}`);
  });

  it('given all rules, when they are compared with the wrong imports, then none is without one', () => {
    expect(Object.keys(wrongImports).toSorted()).toEqual(rules.toSorted());
  });

  it('given all rules, when docs/architecture.md is read, then its table has each of them and no other', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

    const described = [...page.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, name]) => name);

    expect(described.toSorted()).toEqual(rules.toSorted());
  });
});
