import { readFileSync } from 'node:fs';
import { ConfigError } from '../../config';
import { ProtocolError } from '../../http/protocol-error';
import { StoreUnavailableError } from '../../storage/store-unavailable.error';
import { FileError } from '../apply/file-error';
import { flagField } from '../field-kinds';
import { isSwitchedOn, readArguments } from './arguments';
import { InterruptedError, type Outcome } from './command';
import { commands } from './commands';
import { commandHelp, generalHelp } from './help';
import { openWorkplace } from './open-workplace';
import { readPassword } from './password-input';
import type { Terminal, Written } from './terminal';
import { UsageError } from './usage-error';

/** EX_UNAVAILABLE and EX_CONFIG of sysexits.h. */
const exit = { done: 0, refused: 1, unavailable: 69, config: 78 } as const;

const everywhere = { json: flagField(''), help: flagField('') };

/** Runs the command that the words name. Returns its exit status; what fails is said in one line of `stderr`. */
export async function tessera(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await run(words, terminal);
    return exit.done;
  } catch (error) {
    terminal.stderr.write(`tessera: ${sentenceOf(error)}\n`);
    return statusOf(error);
  }
}

async function run(words: readonly string[], terminal: Terminal): Promise<void> {
  const { stdout } = terminal;
  const command = commands.find(({ words: name }) => isPrefix(name.split(' '), words));
  if (command === undefined) return withoutCommand(words, stdout);
  const rest = words.slice(command.words.split(' ').length);
  const given = readArguments(rest, { ...command.options, ...everywhere });
  const [isJson, isHelp] = [isSwitchedOn(given, 'json'), isSwitchedOn(given, 'help')];
  const { json: _json, help: _help, ...values } = given.values;
  if (isHelp) return void stdout.write(commandHelp(command));

  const store = await openWorkplace(terminal);
  try {
    const report = (lines: readonly string[]) => (isJson ? undefined : print(lines, stdout));
    const password = () => readPassword(terminal.stdin, terminal.stderr);
    const place = { ...store, password, readFile, report };
    tell(await command.run({ ...given, values }, place), isJson, stdout);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    tell(error.done, isJson, stdout);
    throw error.cause;
  } finally {
    await store.close();
  }
}

/** Help that was asked for is no mistake; behind the first word of some commands it is about those. */
function withoutCommand(words: readonly string[], stdout: Written): void {
  const isAsked = words.length === 0 || words.includes('--help') || words[0] === 'help';
  const group = commands.filter(({ words: name }) => name.split(' ')[0] === words[0]);
  if (isAsked) return void stdout.write(generalHelp(group.length === 0 ? commands : group));
  throw new UsageError('there is no such command; tessera --help lists them all');
}

function isPrefix(prefix: readonly string[], words: readonly string[]): boolean {
  return prefix.every((word, at) => words[at] === word);
}

function tell({ json, lines }: Outcome, isJson: boolean, stdout: Written): void {
  print(isJson ? [JSON.stringify(json, null, 2)] : lines, stdout);
}

function print(lines: readonly string[], stdout: Written): void {
  for (const line of lines) stdout.write(`${line}\n`);
}

/** Throws: {@link UsageError}. */
function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`${path} cannot be read`);
  }
}

function statusOf(error: unknown): number {
  if (error instanceof ConfigError) return exit.config;
  if (error instanceof StoreUnavailableError) return exit.unavailable;
  return exit.refused;
}

/** Whatever else goes wrong is told by its kind: its message may quote what it failed on. */
function sentenceOf(error: unknown): string {
  if (error instanceof StoreUnavailableError) return 'the database does not answer; run the command again when it does';
  const isOurs = [ConfigError, UsageError, FileError, ProtocolError].some((kind) => error instanceof kind);
  return error instanceof Error && isOurs
    ? error.message
    : `failed: ${error instanceof Error ? error.name : 'unknown'}`;
}
