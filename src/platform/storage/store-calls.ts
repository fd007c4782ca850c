import { Histogram } from '../histogram';
import { StoreUnavailableError } from './store-unavailable.error';

/** Seconds. */
const bounds = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5];

/** Hears of the end of a call, and of what it failed with; must not throw. */
export type StoreCallEnd = (error?: unknown) => void;

/**
 * Hears of each call to a store as it begins, in the caller's own context, before anything is asked of the database; must not
 * throw. `store`: the collection that the port keeps, as `signing_keys`; `operation`: its method, as `find_successor`.
 */
export type StoreCallListener = (store: string, operation: string) => StoreCallEnd | undefined;

/** What was counted of one operation of one store. */
export class StoreOperation {
  /** Seconds from the call to its end. */
  readonly durations = new Histogram(bounds);
  /** Calls that the database did not answer. */
  errors = 0;

  constructor(
    readonly store: string,
    readonly name: string,
  ) {}

  /** `beganAt`: what `performance.now()` said. */
  end(beganAt: number, error?: unknown): void {
    this.durations.observe((performance.now() - beganAt) / 1000);
    if (error instanceof StoreUnavailableError) this.errors += 1;
  }
}

/** All calls to the stores of this process: counted, timed, and told to the one who wants to hear of each. */
export class StoreCalls {
  /** Set once, at the start, or not at all. */
  listener: StoreCallListener | undefined;
  private readonly all: StoreOperation[] = [];

  /** Every operation that a store has; of most, nothing was counted yet. */
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
