import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const root = join(__dirname, '..');
const data = join(__dirname, 'mutants.json');

/** The files that are to be measured, each with the suites that are to notice. */
export const { suites }: { readonly suites: Readonly<Record<string, readonly string[]>> } = require('./suites.cjs');

const measuredFile = z.object({
  file: z.string(),
  /** A test failed, or none ended. */
  killed: z.int(),
  survived: z.int(),
});

const survivor = z.object({
  file: z.string(),
  /** The line of the source. */
  code: z.string(),
  /** What it was in the line, and what it became. */
  original: z.string(),
  becomes: z.string(),
  mutator: z.string(),
  /** Why no test can fail, or need not. */
  why: z.string(),
});

/** What was measured, with a sentence for each mutant that no test noticed. */
export const mutationRecord = z.object({
  version: z.literal(1),
  measured_at: z.iso.date(),
  files: z.array(measuredFile.readonly()).readonly(),
  survivors: z.array(survivor.readonly()).readonly(),
});

export type MutationRecord = Readonly<z.infer<typeof mutationRecord>>;
export type Survivor = Readonly<z.infer<typeof survivor>>;

const position = z.object({ line: z.int(), column: z.int() });

/** The part of Stryker's report that is read here. Source: github.com/stryker-mutator/mutation-testing-elements */
export const strykerReport = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          mutatorName: z.string(),
          replacement: z.string().optional(),
          status: z.enum([
            'Killed',
            'Timeout',
            'Survived',
            'NoCoverage',
            'Ignored',
            'CompileError',
            'RuntimeError',
            'Pending',
          ]),
          location: z.object({ start: position, end: position }),
        }),
      ),
    }),
  ),
});

type Report = z.infer<typeof strykerReport>;
type Mutants = Report['files'][string];

/** Undefined before the first measurement. */
export function readMutationRecord(): MutationRecord | undefined {
  return existsSync(data) ? mutationRecord.parse(JSON.parse(readFileSync(data, 'utf8'))) : undefined;
}

/** The record with the files of the report measured again; survivors that were known keep their sentences. */
export function merged(recorded: MutationRecord | undefined, { files }: Report): MutationRecord {
  const isAgain = ({ file }: { readonly file: string }) => file in files;
  const known = recorded?.survivors ?? [];
  const survivors = Object.entries(files).flatMap(([file, mutants]) =>
    survivorsOf(file, mutants).map((each) => ({ ...each, why: known.find(isSameAs(each))?.why ?? '' })),
  );
  const counts = Object.entries(files).map(([file, { mutants }]) => ({
    file,
    killed: mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length,
    survived: survivors.filter((each) => each.file === file).length,
  }));
  return {
    version: 1,
    measured_at: new Date().toISOString().slice(0, 10),
    files: inOrder([...(recorded?.files ?? []).filter((each) => !isAgain(each)), ...counts]),
    survivors: inOrder([...known.filter((each) => !isAgain(each)), ...survivors]),
  };
}

/** JSON with one file or survivor a line, so that a change of one shows as one. */
export function writeMutationRecord(record: MutationRecord): void {
  const { version, measured_at: at, files, survivors } = record;
  const head = `"version": ${version},\n"measured_at": ${JSON.stringify(at)}`;
  writeFileSync(data, `{\n${head},\n"files": ${arrayOf(files)},\n"survivors": ${arrayOf(survivors)}\n}\n`);
}

/** Survivors whose line is not in their file any more: the file has changed since it was measured. */
export function outdated({ survivors }: MutationRecord): Survivor[] {
  return survivors.filter(({ file, code }) => !linesOf(readFileSync(join(root, file), 'utf8')).includes(code));
}

/** Of 100 mutants so many were killed, to one decimal. */
export function scoreOf(files: MutationRecord['files']): string {
  const killed = files.reduce((sum, each) => sum + each.killed, 0);
  const all = files.reduce((sum, each) => sum + each.killed + each.survived, 0);
  return `${((100 * killed) / all).toFixed(1)} %`;
}

function survivorsOf(file: string, { source, mutants }: Mutants): Survivor[] {
  const lines = source.split('\n');
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location: { start, end }, mutatorName: mutator, replacement = '' }) => ({
      file,
      code: (lines[start.line - 1] ?? '').trim(),
      original: oneLine(between(lines, start, end)),
      becomes: oneLine(replacement),
      mutator,
      why: '',
    }));
}

type Position = z.infer<typeof position>;

/** Lines and columns count from 1. */
function between(lines: readonly string[], start: Position, end: Position): string {
  if (start.line === end.line) return lines[start.line - 1]?.slice(start.column - 1, end.column - 1) ?? '';
  const first = lines[start.line - 1]?.slice(start.column - 1) ?? '';
  const last = lines[end.line - 1]?.slice(0, end.column - 1) ?? '';
  return [first, ...lines.slice(start.line, end.line - 1), last].join('\n');
}

function isSameAs(one: Survivor) {
  return (other: Survivor) =>
    one.file === other.file &&
    one.code === other.code &&
    one.original === other.original &&
    one.becomes === other.becomes;
}

function linesOf(source: string): string[] {
  return source.split('\n').map((line) => line.trim());
}

function inOrder<Each extends { readonly file: string }>(each: readonly Each[]): Each[] {
  return each.toSorted((one, other) => (one.file < other.file ? -1 : Number(one.file > other.file)));
}

function arrayOf(values: readonly unknown[]): string {
  return `[\n${values.map((one) => JSON.stringify(one)).join(',\n')}\n]`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
