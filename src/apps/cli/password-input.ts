import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Terminal, Written } from './terminal';
import { UsageError } from './usage-error';

/** The first line of standard input; a terminal prompts for it without echo. Throws: {@link UsageError} without one. */
export async function readPassword(input: Terminal['stdin'], prompt: Written): Promise<string> {
  const [password = ''] = await readSecrets(input, prompt, 1);
  return password;
}

/** The meaning of the lines, in order. */
const names = ['password', 'client secret'] as const;

/** The first one or two lines: a password, and a client's secret. */
export async function readSecrets(
  input: Terminal['stdin'],
  prompt: Written,
  count: number,
): Promise<readonly string[]> {
  const { isTTY = false } = input;
  const asked = names.slice(0, count);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: isTTY, crlfDelay: Infinity });
  const ask = (name = '') => isTTY && prompt.write(`${name.charAt(0).toUpperCase()}${name.slice(1)}: `);
  const secrets: string[] = [];
  try {
    ask(asked[0]);
    for await (const line of lines) {
      secrets.push(line);
      if (isTTY) prompt.write('\n');
      if (secrets.length >= count) return secrets;
      ask(asked[secrets.length]);
    }
  } finally {
    lines.close();
  }
  const end = secrets.length === 0 ? 'which is empty' : 'which has no second line';
  throw new UsageError(`the ${asked[secrets.length] ?? ''} is read from standard input, ${end}`);
}
