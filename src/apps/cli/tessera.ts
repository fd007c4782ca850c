import { readFileSync } from 'node:fs';
import { ConfigError } from '../../platform/config';
import { ProtocolError } from '../../platform/http/protocol-error';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { FieldError } from '../../platform/fields/field-error';
import { FileError } from '../../operations/admin/apply/file-error';
import { flagField } from '../../platform/fields/field-kinds';
import { isSwitchedOn, readArguments } from './arguments';
import { type Command, type CommandResult, InterruptedError, type NamedCommand } from './command';
import { commands } from './commands';
import { commandHelp, generalHelp } from './help';
import type { OutsideCommand } from './outside-command';
import { readPassword, readSecrets } from './password-input';
import type { Terminal, Written } from './terminal';
import { UsageError } from './usage-error';

/** EX_USAGE, EX_UNAVAILABLE and EX_CONFIG of sysexits.h. */
const exit = { done: 0, refused: 1, usage: 64, unavailable: 69, config: 78 } as const;

const everywhere = { json: flagField(''), help: flagField('') };

/** Runs a command. Returns its exit status; an error is one line on `stderr`. */
export async function tessera(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await run(words, terminal);
  } catch (error) {
    terminal.stderr.write(`tessera: ${sentenceOf(error)}\n`);
    return statusOf(error);
  }
}

async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  const command = commands.find(({ words: name }) => isPrefix(name.split(' '), words));
  if (command === undefined) return withoutCommand(words, terminal.stdout);
  const rest = words.slice(command.words.split(' ').length);
  return 'runOutside' in command ? withoutStore(command, rest, terminal) : onStore(command, rest, terminal);
}

async function onStore(command: Command, rest: readonly string[], terminal: Terminal): Promise<number> {
  const { stdout } = terminal;
  const { given, isJson, isHelp } = readFor(command, rest);
  if (isHelp) return helped(commandHelp(command), stdout);

  // Imported here, so that help and store-less commands do not load the databases.
  const { openCommandContext } = await import('./open-command-context.ts');
  const store = await openCommandContext(terminal);
  try {
    const report = (lines: readonly string[]) => (isJson ? undefined : print(lines, stdout));
    const password = () => readPassword(terminal.stdin, terminal.stderr);
    const say = (line: string, record: object) => print([isJson ? JSON.stringify(record) : line], stdout);
    const interruption = () => {
      const stopping = new AbortController();
      terminal.onInterruption(() => stopping.abort());
      return stopping.signal;
    };
    const place = { ...store, password, readFile, report, say, interruption };
    const result = await command.run(given, place);
    printResult(result, isJson, stdout);
    return result.isRefused === true ? exit.refused : exit.done;
  } catch (error) {
    store.events.failed(reasonOf(error instanceof InterruptedError ? error.cause : error));
    if (!(error instanceof InterruptedError)) throw error;
    printResult(error.done, isJson, stdout);
    throw error.cause;
  } finally {
    await store.close();
  }
}

/** A store-less command has its own exit statuses; wrong usage is EX_USAGE. */
async function withoutStore(command: OutsideCommand, rest: readonly string[], terminal: Terminal): Promise<number> {
  const { stdin, stdout, stderr, env } = terminal;
  try {
    const { given, isJson, isHelp } = readFor(command, rest);
    if (isHelp) return helped(commandHelp(command), stdout);
    const secrets = async (count: number) => readSecrets(stdin, stderr, count);
    // Not by Clock, which would load the framework.
    const found = await command.runOutside(given, { now: Date.now(), env, stderr, isJson, secrets });
    print(found.lines, stdout);
    for (const complaint of found.complaints) stderr.write(`tessera: ${complaint}\n`);
    return found.exitStatus;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FieldError)) throw error;
    stderr.write(`tessera: ${sentenceOf(error)}\n`);
    return exit.usage;
  }
}

/** The command's own options, and those of every command. */
function readFor({ options }: NamedCommand, rest: readonly string[]) {
  const all = readArguments(rest, { ...options, ...everywhere });
  const [isJson, isHelp] = [isSwitchedOn(all, 'json'), isSwitchedOn(all, 'help')];
  const { json: _json, help: _help, ...values } = all.values;
  return { given: { ...all, values }, isJson, isHelp };
}

function helped(text: string, stdout: Written): number {
  stdout.write(text);
  return exit.done;
}

/** Requested help is no error; after the first word of some commands it covers those. */
function withoutCommand(words: readonly string[], stdout: Written): number {
  const isAsked = words.length === 0 || words.includes('--help') || words[0] === 'help';
  const group = commands.filter(({ words: name }) => name.split(' ')[0] === words[0]);
  if (isAsked) return helped(generalHelp(group.length === 0 ? commands : group), stdout);
  throw new UsageError('unknown command; tessera --help lists all commands');
}

function isPrefix(prefix: readonly string[], words: readonly string[]): boolean {
  return prefix.every((word, at) => words[at] === word);
}

function printResult({ json, lines }: CommandResult, isJson: boolean, stdout: Written): void {
  if (!isJson) print(lines, stdout);
  else if (json !== undefined) print([JSON.stringify(json, null, 2)], stdout);
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

/** As the event of a refused request names it. */
function reasonOf(error: unknown): string {
  if (error instanceof ProtocolError) return error.reason ?? error.error;
  return error instanceof StoreUnavailableError ? 'temporarily_unavailable' : 'server_error';
}

/** Any other error is reported by its kind only: its message may quote its input. */
function sentenceOf(error: unknown): string {
  if (error instanceof StoreUnavailableError) return 'the database does not answer; run the command again when it does';
  const isOurs = [ConfigError, UsageError, FileError, ProtocolError].some((kind) => error instanceof kind);
  return error instanceof Error && isOurs
    ? error.message
    : `failed: ${error instanceof Error ? error.name : 'unknown'}`;
}
