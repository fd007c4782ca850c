import { Histogram } from '../histogram';
import { StoreUnavailableError } from './store-unavailable.error';

/** Seconds. */
const bounds = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5];

/** Called at the end of a call, with its error if it failed; must not throw. */
export type StoreCallEnd = (error?: unknown) => void;

/**
 * Called at the beginning of each call to a store, in the caller's async context; must not throw. `store`: the port's
 * collection, such as `signing_keys`; `operation`: its method, such as `find_successor`.
 */
export type StoreCallListener = (store: string, operation: string) => StoreCallEnd | undefined;

/** Counters of one operation of one store. */
export class StoreOperation {
  /** Seconds from the call to its end. */
  readonly durations = new Histogram(bounds);
  /** Calls that the database did not answer. */
  errors = 0;

  constructor(
    readonly store: string,
    readonly name: string,
  ) {}

  /** `beganAt`: by `performance.now()`. */
  end(beganAt: number, error?: unknown): void {
    this.durations.observe((performance.now() - beganAt) / 1000);
    if (error instanceof StoreUnavailableError) this.errors += 1;
  }
}

/** Counts and times all calls to the stores of this process, and reports each to an optional listener. */
export class StoreCalls {
  /** Set at most once, at the start. */
  listener: StoreCallListener | undefined;
  private readonly all: StoreOperation[] = [];

  /** Every operation of the stores, even without a call so far. */
  get operations(): readonly StoreOperation[] {
    return this.all;
  }

  operation(store: string, method: string): StoreOperation {
    const name = method.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const made = new StoreOperation(store, name);
    this.all.push(made);
    return made;
  }
}
