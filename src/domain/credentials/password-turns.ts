import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import * as z from 'zod';

/** Passwords that are hashed at once, in all processes of the service: one core is left to everything else, where there is more than one. */
export const passwordsAtOnce = Math.max(1, availableParallelism() - 1);

/** Decides when a password may be hashed. */
export interface PasswordTurns {
  /** `begin` is called once, when it is a password's turn: at once, or later. */
  take(begin: () => void): void;
  giveBack(): void;
}

/** Of a process that is the only one. */
export const noOthers: PasswordTurns = { take: (begin) => begin(), giveBack: () => {} };

const ask = z.object({ tessera: z.literal('password-turn-ask') });
const given = z.object({ tessera: z.literal('password-turn-given') });
const back = z.object({ tessera: z.literal('password-turn-back') });

/** In a worker: takes turns with the others, as the primary gives them. */
export class TurnsOfWorker implements PasswordTurns {
  private readonly waiting: (() => void)[] = [];

  constructor() {
    // The channel is open for as long as the process lives anyway, so the listener needs no removal.
    process.on('message', (message) => {
      if (given.safeParse(message).success) this.waiting.shift()?.();
    });
  }

  take(begin: () => void): void {
    this.waiting.push(begin);
    tellPrimary({ tessera: 'password-turn-ask' });
  }

  giveBack(): void {
    tellPrimary({ tessera: 'password-turn-back' });
  }
}

/** In the primary: gives turns to the workers, in the order in which they ask. */
export function givePasswordTurns(atOnce = passwordsAtOnce): void {
  const taken: Worker[] = [];
  const waiting: Worker[] = [];
  const give = () => {
    while (taken.length < atOnce) {
      const next = waiting.shift();
      if (next === undefined) return;
      taken.push(next);
      // With a callback: a worker that is just dying is no error, and what it has taken is free at its exit.
      next.send({ tessera: 'password-turn-given' }, () => {});
    }
  };
  cluster.on('message', (worker, message) => {
    if (ask.safeParse(message).success) waiting.push(worker);
    else if (back.safeParse(message).success) removeOne(taken, worker);
    else return;
    give();
  });
  cluster.on('exit', (worker) => {
    for (const workers of [taken, waiting]) {
      workers.splice(0, workers.length, ...workers.filter((each) => each !== worker));
    }
    give();
  });
}

function removeOne(workers: Worker[], worker: Worker): void {
  const at = workers.indexOf(worker);
  if (at !== -1) workers.splice(at, 1);
}

/** With a callback, because without one a primary that is gone would be an error that ends this process by exit(). */
function tellPrimary(message: object): void {
  process.send?.(message, () => {});
}
