import type { Arguments } from './arguments';
import type { NamedCommand } from './command';
import type { Written } from './terminal';

/** What a command without a store works with. */
export interface Outside {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: Written;
  /** Whether `--json` was given. */
  readonly isJson: boolean;
  /** Reads one or two secrets from standard input: a password, and a client's secret. */
  readonly secrets: (count: number) => Promise<readonly string[]>;
}

/** The result: for standard output, standard error, and the exit status. */
export interface OutsideResult {
  readonly lines: readonly string[];
  readonly complaints: readonly string[];
  readonly exitStatus: number;
}

/** A command without an open store: it examines a service from outside, or copies a store. It has its own exit statuses. */
export interface OutsideCommand extends NamedCommand {
  runOutside(given: Arguments, outside: Outside): Promise<OutsideResult>;
}
