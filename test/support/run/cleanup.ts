type Undo = () => Promise<unknown> | unknown;

const all = new Set<Cleanup>();
let isComplete = false;

/** What was started or made, undone in the reverse order, whatever happens: at the end, on an error, on a signal. */
export class Cleanup {
  private readonly undos: Undo[] = [];
  private undone: Promise<void> | undefined;

  /** Throws: Error when this process has been told to end, so that nothing is begun any more. */
  constructor() {
    if (isComplete) throw new Error('this process was told to end');
    all.add(this);
  }

  /** What comes after the end is undone at once. */
  add(undo: Undo): void {
    if (this.undone === undefined) this.undos.push(undo);
    else this.undone = this.undone.then(async () => void (await undo()));
  }

  /** Undoes everything, once; what fails does not keep the rest. Rejects with the first failure. */
  run(): Promise<void> {
    this.undone ??= this.undoAll();
    return this.undone;
  }

  private async undoAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.undos.toReversed()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    all.delete(this);
    if (failures.length > 0) throw failures[0];
  }
}

/** Undoes all of them when this process is told to end, and ends it then with 128 and the signal's number. */
export function cleanUpOnSignals(): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.once(signal, () => {
      isComplete = true;
      void Promise.allSettled([...all].map((cleanup) => cleanup.run())).then(() => process.exit(128 + number));
    });
  }
}
