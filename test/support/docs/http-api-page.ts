import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One row of a table, by the heading of its column. */
export type Row = Readonly<Record<string, string>>;

/** A part of docs/http-api.md from one heading to the next. */
export interface Section {
  readonly heading: string;
  /** The endpoints that the heading names, as `GET /compare/runs/{id}`. */
  readonly endpoints: readonly string[];
  readonly text: string;
  readonly rows: readonly Row[];
}

const page = readFileSync(join(__dirname, '../../../docs/http-api.md'), 'utf8');

/** The page, section by section. */
export function sections(text = page): Section[] {
  return text
    .split(/^#+ /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return { heading, endpoints: endpointsIn(heading), text: lines.join('\n'), rows: rowsOf(lines) };
    });
}

/** The section with this heading. */
export function sectionNamed(heading: string): Section {
  const found = sections().find((section) => section.heading === heading);
  if (found === undefined) throw new Error(`docs/http-api.md has no section ${heading}`);
  return found;
}

/** What stands in `code` in a text. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Every endpoint that a text names with its method. */
export function endpointsIn(text: string): string[] {
  return codeIn(text).filter((code) => /^[A-Z]+ \//.test(code));
}

function rowsOf(lines: readonly string[]): Row[] {
  const rows: Row[] = [];
  let head: readonly string[] | undefined;
  for (const line of lines) {
    if (!line.startsWith('|')) head = undefined;
    else if (head === undefined) head = cellsOf(line);
    else if (!/^\|[ |:-]+$/.test(line)) {
      const cells = cellsOf(line);
      rows.push(Object.fromEntries(head.map((name, column) => [name, cells[column] ?? ''])));
    }
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}
