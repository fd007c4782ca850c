import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openCommandContext } from '../../src/apps/cli/open-command-context';
import { clientFields } from '../../src/domain/clients/client-metadata';
import { apiFields } from '../../src/operations/admin/api-fields';
import { FileError } from '../../src/operations/admin/apply/file-error';
import { userFields } from '../../src/operations/admin/user-fields';
import { fixture } from '../support/run/fixture';
import { fewerRuns } from '../support/run/property-runs';
import { hostileValue } from '../support/service/hostile-values';
import { bothStores, emptyStore } from '../support/stores/stores';

interface Kind {
  readonly key: string;
  readonly fields: readonly string[];
  /** What a record must have, in the order of its lines. */
  readonly needed: Readonly<Record<string, string>>;
}

const kinds: readonly Kind[] = [
  { key: 'apis', fields: Object.keys(apiFields), needed: { identifier: 'https://a.example/' } },
  {
    key: 'clients',
    fields: ['client_id', ...Object.keys(clientFields)],
    needed: { client_id: 'web', redirect_uris: '[https://a.example/cb]' },
  },
  { key: 'users', fields: Object.keys(userFields), needed: { username: 'anna', password: 'password of a user' } },
];
const everyField = kinds.flatMap((kind) => kind.fields.map((field) => [field, kind.key, kind] as const));

/** A file of one record, and the line of the field. */
function fileOf({ key, needed }: Kind, field: string, value: string): { text: string; line: number } {
  const lines = Object.entries(needed).filter(([name]) => name !== field);
  const fields = [...lines, [field, value]].map(
    ([name, each], index) => `  ${index === 0 ? '-' : ' '} ${name}: ${each}`,
  );
  return { text: `${key}:\n${fields.join('\n')}\n`, line: fields.length + 1 };
}

describe.each(bothStores)('a hostile file for apply on %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const context = fixture(() => openCommandContext({ env: { ...process.env, ...store.env }, stderr: process.stderr }));

  /** The error of the file, or undefined when it can be applied. Anything else is thrown. */
  async function errorOf(text: string): Promise<FileError | undefined> {
    try {
      await context.applier.plan(text, true);
      return undefined;
    } catch (error) {
      if (error instanceof FileError) return error;
      throw error;
    }
  }

  it.each(everyField)(
    'given anything in %s of %s, when it is read, then it is taken, or an error names the field and its line',
    async (field, _key, kind) => {
      await fc.assert(
        fc.asyncProperty(hostileValue, async (value) => {
          const { text, line } = fileOf(kind, field, JSON.stringify(value) ?? 'null');

          const error = await errorOf(text);

          if (error === undefined) return;
          expect(error.line).toBeGreaterThanOrEqual(1);
          expect(error.line).toBeLessThanOrEqual(line);
          if (error.message.startsWith(`${field} is`)) expect(error.line).toBe(line);
          // No sentence of ours is so long that a value could stand in it.
          expect(error.message.length).toBeLessThan(1_000);
          expect(error.message).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        }),
        fewerRuns(50),
      );
    },
  );

  it.each(everyField.filter(([field]) => !['client_id', 'username', 'identifier'].includes(field)))(
    'given a map in %s of %s, when it is read, then its line is named, and what stands there is not',
    async (field, _key, kind) => {
      const { text, line } = fileOf(kind, field, '{ "a secret of the file": "another secret of the file" }');

      const error = await errorOf(text);

      expect([error?.line, error?.message.startsWith(`${field} is not allowed so; allowed: `)]).toEqual([line, true]);
      expect(error?.message).not.toContain('secret of the file');
    },
  );

  it('given any change of a line of a file, when it is read, then it can be applied or a line is named', async () => {
    const lines = kinds.flatMap((kind) =>
      fileOf(kind, kind.key === 'clients' ? 'client_name' : 'name', 'A name')
        .text.trimEnd()
        .split('\n'),
    );
    const anyLine = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        '&a [*a]',
        '*nowhere',
        '<<: *a',
        '? [a]',
        '- - - -',
        '\t- a',
        '%YAML 9.9',
        '---',
        '...',
        '!!binary a',
        '"',
        '|',
        '{',
        '&a',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), anyLine, fc.boolean(), async (at, line, replaces) => {
        const text = lines.toSpliced(at, replaces ? 1 : 0, line).join('\n');

        const error = await errorOf(text);

        if (error === undefined) return;
        expect(error.line).toBeGreaterThanOrEqual(1);
        expect(error.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
      }),
    );
  });

  it.each([
    ['maps within each other', `clients:\n  - client_id: a\n    jwks: ${'{a: '.repeat(30)}1${'}'.repeat(30)}\n`],
    ['lists that never end', `clients: ${'['.repeat(200_000)}\n`],
    ['lists that begin in one line', `clients: \n${'- '.repeat(5_000)}a\n`],
    [
      'maps that go in by a column each',
      Array.from({ length: 900 }, (_, level) => `${' '.repeat(level)}a:\n`).join(''),
    ],
    [
      'aliases that unfold',
      `x: &a [a, a, a, a, a, a, a, a]\nclients:\n  - client_id: &b [*a, *a, *a]\n    scope: [*b, *b]\n`,
    ],
    ['a password where none can be', 'users:\n  - username: anna\n    password: "correct horse" battery\n'],
    ['a tag', 'users:\n  - username: anna\n    password: !correct-horse battery\n'],
    ['a list behind a list', 'users:\n  - password: ] horse\n'],
    ['a password that is repeated', 'users:\n  - username: anna\n    password: correct horse\n    password: horse\n'],
    ['more than a mebibyte', `# ${'x'.repeat(1_100_000)}\n`],
  ])('given %s, when it is read, then it is a file error that quotes nothing', async (_what, text) => {
    const error = await errorOf(text);

    expect(error).toBeInstanceOf(FileError);
    expect(error?.message).not.toMatch(/horse|battery/);
  });

  it('given all of this, when it is over, then nothing has been written', async () => {
    const pages = [context.clients, context.apis, context.users].map((records) => records.page({ limit: 1 }));

    expect(await Promise.all(pages)).toEqual([{ data: [] }, { data: [] }, { data: [] }]);
  });
});
