import type { Arguments } from './arguments';
import type { NamedCommand } from './command';
import type { Written } from './terminal';

/** What a command that is given no open store works with. */
export interface Outside {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderr: Written;
  /** Whether `--json` was given. */
  readonly isJson: boolean;
  /** Reads a password, and with 2 a client's secret, from standard input. */
  readonly secrets: (count: number) => Promise<readonly string[]>;
}

/** What it found: for standard output, for standard error, and for who called it. */
export interface Finding {
  readonly lines: readonly string[];
  readonly complaints: readonly string[];
  readonly exitStatus: number;
}

/** A command that is given no open store: it looks at a service from outside, or copies a store. Its exit statuses are its own. */
export interface OutsideCommand extends NamedCommand {
  runOutside(given: Arguments, outside: Outside): Promise<Finding>;
}
