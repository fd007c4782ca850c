import type { AuditErasure } from '../../operations/audit/audit-erasure';
import type { AuditReader } from '../../operations/audit/audit-reader';
import type { SecurityReports } from '../../operations/audit/security-report';
import type { Clock } from '../../platform/clock';
import type { Events } from '../../domain/events/events';
import type { AdminApis } from '../../operations/admin/apis';
import type { ConfigApplier } from '../../operations/admin/apply/config-applier';
import type { AdminClients } from '../../operations/admin/clients';
import type { Fields } from '../../platform/fields/fields';
import type { AdminKeys } from '../../operations/admin/keys';
import type { AdminLogins } from '../../operations/admin/logins';
import { mostPerPage, type PageAnswer, type PageAsked } from '../../operations/admin/page-answer';
import { AdminUsers } from '../../operations/admin/users';
import type { Arguments } from './arguments';
import { UsageError } from './usage-error';

/** What a command works with. */
export interface CommandContext {
  readonly clients: AdminClients;
  readonly apis: AdminApis;
  readonly users: AdminUsers;
  readonly logins: AdminLogins;
  readonly keys: AdminKeys;
  readonly application: ConfigApplier;
  readonly audit: AuditReader;
  readonly erasure: AuditErasure;
  readonly reports: SecurityReports;
  readonly events: Events;
  readonly clock: Clock;
  /** Reads a password from standard input. */
  readonly password: () => Promise<string>;
  readonly readFile: (path: string) => string;
  /** Says what has been done before all is done. */
  readonly report: (lines: readonly string[]) => void;
  /** Says one thing at once, of a command that goes on until it is interrupted: the line, or with `--json` the record. */
  readonly say: (line: string, record: object) => void;
  /** Ends when whoever runs the command interrupts it, or reads it no more. */
  readonly interruption: () => AbortSignal;
}

/** What a command found or did: for `--json` as the API answers it (absent: it has been said already), and for people. */
export interface CommandResult {
  readonly json?: unknown;
  readonly lines: readonly string[];
}

/** A command that failed when it had done something already, which must be told all the same. */
export class InterruptedError extends Error {
  constructor(
    readonly done: CommandResult,
    cause: unknown,
  ) {
    super('A part has been done', { cause });
  }
}

/** What a command is called and takes. */
export interface NamedCommand {
  /** The words that name it. */
  readonly words: string;
  /** What stands behind them. */
  readonly argument?: string;
  readonly about: string;
  /** More, for its help. */
  readonly notes?: string;
  readonly options: Fields;
}

export interface Command extends NamedCommand {
  run(given: Arguments, place: CommandContext): Promise<CommandResult>;
}

/** The one thing that a command is about. Throws: {@link UsageError}. */
export function theArgument({ positionals }: Arguments, name: string): string {
  const [argument, ...others] = positionals;
  if (argument === undefined || argument === '') throw new UsageError(`${name} is missing`);
  if (others.length > 0) throw new UsageError('one at a time');
  return argument;
}

/** Throws: {@link UsageError}. */
export function noArgument({ positionals }: Arguments): void {
  if (positionals.length > 0) throw new UsageError('this command takes options alone');
}

/** A record as lines of `name: value`. */
export function linesOf(record: object): string[] {
  return Object.entries(record).map(([name, value]) => `${name}: ${shown(value)}`);
}

/** All pages of a list, one line a record. */
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
