import {
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { JsonObject } from '../../../platform/fields/fields';
import { FileError } from './file-error';

/** A record in a file. */
export interface Entry {
  readonly record: JsonObject;
  readonly line: number;
  /** Line of the field, or of the record without it. */
  lineOf(field: string): number;
}

const keys = ['apis', 'clients', 'users'] as const;

/** The contents of a file. */
export type DesiredState = Readonly<Record<(typeof keys)[number], readonly Entry[]>>;

const longestFile = 1_048_576;
/** More levels than any field has. */
const deepest = 20;
/** Most open brackets, and most lists that begin in one line. */
const mostOpen = deepest + 10;
/** Columns; each could begin a level. */
const longestIndent = 200;
const notYaml = 'this is not YAML';

/** Parses a file of YAML 1.2, which includes JSON. Throws: {@link FileError} for the first error. */
export function readDesiredState(text: string): DesiredState {
  if (text.length > longestFile) throw new FileError(1, `the file is longer than ${longestFile} characters`);
  refuseTooDeep(text);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: 'core', stringKeys: true });
  const lineOf = (node: unknown) => lineCounter.linePos((node as Node | null)?.range?.[0] ?? 0).line;
  const [problem] = [...document.errors, ...document.warnings];
  // Only the kind of the error: its message may quote the file, which may contain passwords.
  if (problem !== undefined)
    throw new FileError(lineCounter.linePos(problem.pos[0]).line, `${notYaml}: ${kindOf(problem)}`);

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

  function plain(item: YAMLMap): JsonObject {
    if (!isShallow(item, deepest)) throw tooDeep(lineOf(item));
    try {
      return item.toJS(document, { maxAliasCount: 100 }) as JsonObject;
    } catch {
      // An alias that does not exist, or expands without end.
      throw new FileError(lineOf(item), 'an alias cannot be resolved');
    }
  }
}

/**
 * Must run before the parser, which recurses: when the stack is nearly full, V8 ends the process while it compiles a pattern,
 * and no error can be caught. Throws: {@link FileError}.
 */
function refuseTooDeep(text: string): void {
  let [line, brackets, lists] = [1, 0, 0];
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets += 1;
    else if (token === ']' || token === '}') brackets -= 1;
    else if (token === '-' || token === '?') lists += 1;
    if (token.includes('\n')) {
      lists = 0;
      line += token.split('\n').length - 1;
    }
    const isFarIn = token.length > longestIndent && token.trim() === '';
    if (brackets > mostOpen || lists > mostOpen || isFarIn) throw tooDeep(line);
  }
}

function tooDeep(line: number): FileError {
  return new FileError(line, `at most ${deepest} maps and lists within each other`);
}

/** `DUPLICATE_KEY` as `duplicate key`. */
function kindOf({ code }: YAMLError): string {
  return code.toLowerCase().replaceAll('_', ' ');
}

function isShallow(node: unknown, levels: number): boolean {
  if (!isMap(node) && !isSeq(node)) return true;
  const parts = isMap(node) ? node.items.map(({ value }) => value) : node.items;
  return levels > 0 && parts.every((part) => isShallow(part, levels - 1));
}

function keyOf(item: YAMLMap, field: string): unknown {
  return item.items.find(({ key }) => isScalar(key) && key.value === field)?.key;
}

function nameable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'An unknown key';
}
