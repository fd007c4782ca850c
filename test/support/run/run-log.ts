import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a run of the suites collects what its services log and the credentials that its clients meet. */
const directory = () => process.env['TEST_LOG_DIR'];

/** Keeps lines of a service's log for the scan at the end of the run. `source` tells services apart. */
export function keepLog(text: string, source = String(process.pid)): void {
  append(`${source}.log`, text);
}

/** Keeps a credential that no log may hold. */
export function keepCredential(value: string): void {
  append(`${process.pid}.credentials`, `${JSON.stringify(value)}\n`);
}

export interface CollectedRun {
  readonly log: string;
  readonly credentials: ReadonlySet<string>;
}

/** All that was kept in the directory. */
export function collectedIn(path: string): CollectedRun {
  const read = (extension: string) =>
    readdirSync(path)
      .filter((name) => name.endsWith(extension))
      .map((name) => readFileSync(join(path, name), 'utf8'))
      .join('\n');
  const lines = read('.credentials')
    .split('\n')
    .filter((line) => line !== '');
  return { log: read('.log'), credentials: new Set(lines.map((line) => JSON.parse(line) as string)) };
}

function append(name: string, text: string): void {
  const path = directory();
  if (path !== undefined) appendFileSync(join(path, name), text);
}
