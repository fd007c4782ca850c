import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const outputAtMost = 256 * 1024 * 1024;

/** What the visit of every state of a model came to. */
export interface Verification {
  readonly states: number;
  /** By the name of each property that fell, a shortest way to a state where it falls. */
  readonly falls: ReadonlyMap<string, readonly string[]>;
}

/** The first of these programs that is not installed. */
export async function missingProgram(programs = ['spin', 'gcc']): Promise<string | undefined> {
  for (const program of programs) {
    const isThere = await run('which', [program]).then(
      () => true,
      () => false,
    );
    if (!isThere) return program;
  }
  return undefined;
}

/**
 * Visits every state of the model, breadth first, compiled with these flags: the first violation of a property then is a
 * shortest one. Without partial order reduction. Source: spinroot.com, Pan.html, options -DBFS, -DNOREDUCE, -c and -E.
 */
export async function verify(model: string, flags: readonly string[]): Promise<Verification> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-proof-'));
  const inDirectory = async (program: string, args: readonly string[]) =>
    (await run(program, args, { cwd: directory, maxBuffer: outputAtMost })).stdout;
  const defined = flags.map((flag) => `-D${flag}`);
  try {
    await inDirectory('spin', ['-a', ...defined, model]);
    // Most of the time goes into compiling: a higher level costs more than it saves.
    await inDirectory('gcc', ['-O1', '-w', '-DSAFETY', '-DBFS', '-DNOREDUCE', '-o', 'pan', 'pan.c']);
    const search = (errors: string) => inDirectory('./pan', ['-E', '-w20', '-m100000', errors]);
    const output = await search('-c0');
    const [, states] = /^ *(\d+) states, stored/m.exec(output) ?? [];
    if (states === undefined || /max search depth|out of memory|Search not completed/.test(output)) {
      throw new Error(`${model}: not every state was visited: ${output.slice(-500)}`);
    }
    const falls = new Map<string, readonly string[]>();
    for (const [, at = '', property = ''] of output.matchAll(/^pan:(\d+): assertion violated (\w+) /gm)) {
      if (falls.has(property)) continue;
      await search(`-c${at}`);
      const trail = join(directory, `${model.split('/').at(-1) ?? ''}.trail`);
      falls.set(
        property,
        storyOf(await inDirectory('spin', ['-T', '-B', '-t', '-k', trail, ...defined, model]), property),
      );
    }
    return { states: Number(states), falls };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the model says on its way to the fall, in words. */
function storyOf(replayed: string, property: string): string[] {
  const lines = replayed.split('\n');
  const end = lines.indexOf(`spin: text of failed assertion: assert(${property})`);
  if (end === -1) throw new Error(`the trail does not lead to the fall of ${property}: ${replayed}`);
  return lines.slice(0, end).flatMap((line) => (line === '' || line.startsWith('spin:') ? [] : [inWords(line)]));
}

function inWords(line: string): string {
  const words = line.replaceAll(/\w+/g, (word) => (word.startsWith('code_') ? word : word.replaceAll('_', ' ')));
  return words.replaceAll(/\b(?:alice|mallory)\b/g, (name) => name[0]?.toUpperCase() + name.slice(1));
}
