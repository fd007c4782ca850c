import type { Model } from './load';
import type { StoreName } from './settings';
import type { Context } from './context';

/** An alert by its name, and by labels where those matter. */
export interface ExpectedAlert {
  readonly name: string;
  readonly model?: Model;
  readonly client?: string;
  /** Any one of these names will do: at this scale one can be told before the other. */
  readonly or?: readonly string[];
}

/** What is wrong, while it goes on. */
export interface Cause {
  /** Ends it. */
  end(): Promise<void>;
  /** Waits until what had failed succeeds; by default until a login of each model of the steady load does. */
  recovered?(): Promise<void>;
  /** What to say of it besides, and what of it is not as it should be. */
  observed?(): Promise<Observed>;
}

export interface Observed {
  readonly notes: readonly string[];
  readonly failures: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What is played and what is expected, in a few sentences. */
  readonly about: string;
  /** Both by default. */
  readonly stores?: readonly StoreName[];
  /** Settings of the service besides the usual. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further services on the same store, and what is different about them. */
  readonly others?: readonly Readonly<Record<string, string>>[];
  /** Whether the embedded store needs a disk of its own. */
  readonly needsDisk?: boolean;
  /** Whether the store does what it is asked for, or not, without an answer. */
  readonly storeMayBeSilent?: boolean;
  /** What must fire; none: nobody must be told anything. */
  readonly expects: (store: StoreName) => readonly ExpectedAlert[];
  /** What may fire besides, as a consequence. */
  readonly mayFire?: readonly string[];
  /** Patterns that the security report must name. */
  readonly findings?: (store: StoreName) => readonly string[];
  /** Whether logins of the steady load may fail while the cause is there. */
  readonly disturbsOthers?: boolean;
  /** Seconds for which the cause goes on at least, and the most. */
  readonly lastsAtLeast?: number;
  begin(context: Context): Promise<Cause>;
}
