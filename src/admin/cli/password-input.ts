import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Terminal, Written } from './terminal';
import { UsageError } from './usage-error';

/** The first line of standard input; at a terminal it is asked for and not shown. Throws: {@link UsageError} without one. */
export async function readPassword(input: Terminal['stdin'], prompt: Written): Promise<string> {
  const { isTTY = false } = input;
  if (isTTY) prompt.write('Password: ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: isTTY, crlfDelay: Infinity });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
    if (isTTY) prompt.write('\n');
  }
  throw new UsageError('the password is read from standard input, which is empty');
}
