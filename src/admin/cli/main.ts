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
import { UsageError } from './usage-error';

/** EX_UNAVAILABLE and EX_CONFIG of sysexits.h. */
const exit = { done: 0, refused: 1, unavailable: 69, config: 78 } as const;

const everywhere = { json: flagField(''), help: flagField('') };

async function main(words: readonly string[]): Promise<void> {
  const command = commands.find(({ words: name }) => isPrefix(name.split(' '), words));
  if (command === undefined) return withoutCommand(words);
  const rest = words.slice(command.words.split(' ').length);
  const given = readArguments(rest, { ...command.options, ...everywhere });
  const [isJson, isHelp] = [isSwitchedOn(given, 'json'), isSwitchedOn(given, 'help')];
  const { json: _json, help: _help, ...values } = given.values;
  if (isHelp) return void process.stdout.write(commandHelp(command));

  const store = await openWorkplace(process.env);
  try {
    const report = (lines: readonly string[]) => (isJson ? undefined : print(lines));
    const place = { ...store, password, readFile, report };
    tell(await command.run({ ...given, values }, place), isJson);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    tell(error.done, isJson);
    throw error.cause;
  } finally {
    await store.close();
  }
}

/** Help that was asked for is no mistake; behind the first word of some commands it is about those. */
function withoutCommand(words: readonly string[]): void {
  const isAsked = words.length === 0 || words.includes('--help') || words[0] === 'help';
  const group = commands.filter(({ words: name }) => name.split(' ')[0] === words[0]);
  if (isAsked) return void process.stdout.write(generalHelp(group.length === 0 ? commands : group));
  throw new UsageError('there is no such command; tessera --help lists them all');
}

function isPrefix(prefix: readonly string[], words: readonly string[]): boolean {
  return prefix.every((word, at) => words[at] === word);
}

async function password(): Promise<string> {
  return readPassword(process.stdin, process.stderr);
}

function tell({ json, lines }: Outcome, isJson: boolean): void {
  print(isJson ? [JSON.stringify(json, null, 2)] : lines);
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
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

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`tessera: ${sentenceOf(error)}\n`);
  process.exitCode = statusOf(error);
});
