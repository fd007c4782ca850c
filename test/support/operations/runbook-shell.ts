import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { CommandResult } from '../run/command';
import type { RunbookBlock } from './runbooks';
import { tesseraHere } from './tessera-command';
import { serveLocally } from '../run/local-server';

const root = join(__dirname, '../../..');

/** What a block printed, to either output. */
export interface Printed {
  readonly status: number;
  readonly output: string;
}

/** Where commands of runbooks are pasted: a bash in the directory of Tessera, with the service's settings. */
export interface RunbookShell {
  /** For files of a test. */
  readonly folder: string;
  paste(block: Pick<RunbookBlock, 'commands'>, values: Readonly<Record<string, string>>): Promise<Printed>;
  close(): Promise<void>;
}

/**
 * `npm run` of `tessera` is run in this process, because a page has many of them and a start takes a second; everything else
 * of a block runs as it stands. `settings` are those of the service.
 */
export async function runbookShell(settings: Readonly<Record<string, string>>): Promise<RunbookShell> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-runbooks-'));
  const server = await serveLocally((request, response) => {
    const call = join(folder, request.url ?? '');
    const words = readFileSync(join(call, 'words'), 'utf8').split('\0').slice(0, -1);
    void npmRun(words, settings, readFileSync(join(call, 'input'), 'utf8')).then(({ status, stdout, stderr }) => {
      for (const [name, text] of Object.entries({ status: `${status}`, stdout, stderr })) {
        writeFileSync(join(call, name), text);
      }
      response.end();
    });
  });
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'npm'), npm(folder, server.url));
  chmodSync(join(programs, 'npm'), 0o755);
  const PATH = `${programs}${delimiter}${process.env['PATH'] ?? ''}`;
  return {
    folder,
    paste: async ({ commands }, values) => {
      const child = spawn('bash', ['-ec', commands], {
        cwd: root,
        env: { ...process.env, ...settings, ...values, PATH },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [status] = (await once(child, 'close')) as [number | null];
      return { status: status ?? -1, output };
    },
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `npm run --silent tessera -- …`. */
async function npmRun(
  [run, silent, name, dashes, ...args]: readonly string[],
  settings: Readonly<Record<string, string>>,
  input: string,
): Promise<CommandResult> {
  if (run !== 'run' || silent !== '--silent' || name !== 'tessera' || dashes !== '--') {
    throw new Error(`npm ${run} ${silent} ${name}`);
  }
  return tesseraHere(args, settings, input);
}

function npm(folder: string, url: string): string {
  return `#!/bin/bash
call=$(mktemp -d -p ${folder} call-XXXXXX)
printf '%s\\0' "$@" > "$call/words"
cat > "$call/input"
curl -sS "${url}/$(basename "$call")"
cat "$call/stdout"
cat "$call/stderr" >&2
exit "$(cat "$call/status")"
`;
}
