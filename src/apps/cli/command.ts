import type { AuditErasure } from '../../operations/audit/audit-erasure';
import type { CommandEvents } from '../../operations/audit/command-events';
import type { AuditReader } from '../../operations/audit/audit-reader';
import type { AuditVerification } from '../../operations/audit/audit-verification';
import type { SecurityReports } from '../../operations/audit/security-report';
import type { Clock } from '../../platform/clock';
import type { AdminApis } from '../../operations/admin/apis';
import type { ConfigApplier } from '../../operations/admin/apply/config-applier';
import type { AdminClients } from '../../operations/admin/clients';
import { type Fields, readFields, type ValuesOf } from '../../platform/fields/fields';
import type { Acting } from '../../domain/operators/operators';
import type { AdminOperators } from '../../operations/admin/operators';
import type { AdminKeys } from '../../operations/admin/keys';
import type { AdminGrants, AdminSessions } from '../../operations/admin/logins';
import { mostPerPage, type PageAnswer, type PageAsked } from '../../operations/admin/page-answer';
import type { AdminUserLinks } from '../../operations/admin/user-links';
import { AdminUsers } from '../../operations/admin/users';
import { type Arguments, spelled } from './arguments';
import { UsageError } from './usage-error';

/** What a command works with. */
export interface CommandContext {
  readonly clients: AdminClients;
  readonly apis: AdminApis;
  readonly users: AdminUsers;
  readonly userLinks: AdminUserLinks;
  readonly grants: AdminGrants;
  readonly sessions: AdminSessions;
  readonly operators: AdminOperators;
  readonly keys: AdminKeys;
  readonly applier: ConfigApplier;
  readonly audit: AuditReader;
  readonly erasure: AuditErasure;
  readonly verification: AuditVerification;
  readonly reports: SecurityReports;
  readonly events: CommandEvents;
  readonly by: Acting;
  readonly clock: Clock;
  /** Reads a password from standard input. */
  readonly password: () => Promise<string>;
  readonly readFile: (path: string) => string;
  /** Prints progress before the command is done. */
  readonly report: (lines: readonly string[]) => void;
  /** Prints a line, or with `--json` a record, at once: for a command that runs until it is interrupted. */
  readonly say: (line: string, record: object) => void;
  /** Aborts when the user interrupts the command or closes its output. */
  readonly interruption: () => AbortSignal;
}

/** The result of a command: for `--json` as the API returns it (absent: already printed), and as lines for people. */
export interface CommandResult {
  readonly json?: unknown;
  readonly lines: readonly string[];
  /** The command did its work, and what it found is not good. */
  readonly isRefused?: boolean;
}

/** A command failed after it had done something that must be reported. */
export class InterruptedError extends Error {
  constructor(
    readonly done: CommandResult,
    cause: unknown,
  ) {
    super('A part has been done', { cause });
  }
}

/** The name and arguments of a command. */
export interface NamedCommand {
  /** The words that select it. */
  readonly words: string;
  /** The argument after them. */
  readonly argument?: string;
  readonly about: string;
  /** More text for its help. */
  readonly notes?: string;
  readonly options: Fields;
}

export interface Command extends NamedCommand {
  run(given: Arguments, place: CommandContext): Promise<CommandResult>;
}

/** The only argument of a command. Throws: {@link UsageError}. */
export function theArgument({ positionals }: Arguments, name: string): string {
  const [argument, ...others] = positionals;
  if (argument === undefined || argument === '') throw new UsageError(`${name} is missing`);
  if (others.length > 0) throw new UsageError('only one argument is allowed');
  return argument;
}

/** Throws: {@link UsageError}. */
export function noArgument({ positionals }: Arguments): void {
  if (positionals.length > 0) throw new UsageError('this command takes no arguments, only options');
}

/** The options of a command that takes options alone. Throws: {@link UsageError} for an empty one, which would count as no filter. */
export function optionsIn<Table extends Fields>(given: Arguments, fields: Table): ValuesOf<Table> {
  noArgument(given);
  for (const [name, value] of Object.entries(given.values)) {
    if (value === null) throw new UsageError(`--${spelled(name)} needs a value`);
  }
  return readFields(fields, given.values);
}

/** A record as lines of `name: value`. */
export function linesOf(record: object): string[] {
  return Object.entries(record).map(([name, value]) => `${name}: ${shown(value)}`);
}

/** All pages of a list, one line per record. */
export async function wholeList<Item extends object>(
  pageOf: (asked: PageAsked) => Promise<PageAnswer<Item>>,
  columns: readonly (keyof Item & string)[],
): Promise<CommandResult> {
  const data: Item[] = [];
  let next: string | undefined;
  do {
    const page = await pageOf({ limit: mostPerPage, ...(next !== undefined && { after: next }) });
    data.push(...page.data);
    next = page.next;
  } while (next !== undefined);
  return { json: { data }, lines: data.map((item) => columns.map((column) => shown(item[column])).join('  ')) };
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value === undefined || value === '' ? '-' : String(value);
}
