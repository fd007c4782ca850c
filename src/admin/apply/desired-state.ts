import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { FileError } from './file-error';

/** One record that a file wants, as it stands there. */
export interface Entry {
  readonly record: Readonly<Record<string, unknown>>;
  readonly line: number;
  /** Where the field stands, or else the record. */
  lineOf(field: string): number;
}

const keys = ['apis', 'clients', 'users'] as const;

/** What a file says that there should be. */
export type DesiredState = Readonly<Record<(typeof keys)[number], readonly Entry[]>>;

const longestFile = 1_048_576;

/** Reads a file of YAML 1.2, of which JSON is a part. Throws: {@link FileError} for the first thing that is wrong. */
export function readDesiredState(text: string): DesiredState {
  if (text.length > longestFile) throw new FileError(1, `the file is longer than ${longestFile} characters`);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: 'core', stringKeys: true });
  const lineOf = (node: unknown) => lineCounter.linePos((node as Node | null)?.range?.[0] ?? 0).line;
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new FileError(lineCounter.linePos(problem.pos[0]).line, problem.message);

  const desired: Record<string, Entry[]> = { apis: [], clients: [], users: [] };
  const top = document.contents;
  if (top === null || (isScalar(top) && top.value === null)) return desired as unknown as DesiredState;
  if (!isMap(top)) throw new FileError(lineOf(top), `the file must be a map of ${keys.join(', ')}`);
  for (const { key, value } of top.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (!keys.some((each) => each === name)) {
      throw new FileError(lineOf(key), `${nameable(name)} is not allowed so; allowed: ${keys.join(', ')}`);
    }
    if (value === null || (isScalar(value) && value.value === null)) continue;
    if (!isSeq(value)) throw new FileError(lineOf(key), `${name} must be a list`);
    desired[name] = value.items.map((item) => {
      if (!isMap(item)) throw new FileError(lineOf(item ?? key), `${name} must be a list of maps`);
      return { record: plain(item), line: lineOf(item), lineOf: (field) => lineOf(keyOf(item, field) ?? item) };
    });
  }
  return desired as unknown as DesiredState;

  function plain(item: YAMLMap): Readonly<Record<string, unknown>> {
    try {
      return item.toJS(document, { maxAliasCount: 100 }) as Readonly<Record<string, unknown>>;
    } catch {
      // Aliases that do not exist, or that would unfold without end.
      throw new FileError(lineOf(item), 'an alias cannot be resolved');
    }
  }
}

function keyOf(item: YAMLMap, field: string): unknown {
  return item.items.find(({ key }) => isScalar(key) && key.value === field)?.key;
}

function nameable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'An unknown key';
}
