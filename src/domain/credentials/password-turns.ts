import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import { answer, ask, nothing, type Question, notify } from '../../platform/workers/worker-channel';

/** Passwords hashed at once in all processes of the service: one core stays free for everything else, if there are several. */
export const passwordsAtOnce = Math.max(1, availableParallelism() - 1);

/** Decides when a password may be hashed. */
export interface PasswordTurns {
  /** Calls `begin` once, when it is this password's turn: now or later. */
  take(begin: () => void): void;
  giveBack(): void;
}

/** For a service of one process. */
export const noOthers: PasswordTurns = { take: (begin) => begin(), giveBack: () => {} };

/** Without a time limit: a late turn is used or given back, never lost. */
const turn: Question<undefined, undefined> = { name: 'password-turn', asked: nothing, answer: nothing };
const turnBack: Question<undefined, undefined> = { name: 'password-turn-back', asked: nothing, answer: nothing };

/** For a worker: the primary gives the turns. */
export const turnsOfWorker: PasswordTurns = {
  take: (begin) => void ask(turn, undefined).then(begin),
  giveBack: () => notify(turnBack, undefined),
};

/** In the primary: gives turns to the workers in the order of their requests. */
export function givePasswordTurns(atOnce = passwordsAtOnce): void {
  let taken: Worker[] = [];
  let waiting: { readonly worker: Worker; readonly begin: (value: undefined) => void }[] = [];
  const give = () => {
    while (taken.length < atOnce) {
      const next = waiting.shift();
      if (next === undefined) return;
      taken.push(next.worker);
      next.begin(undefined);
    }
  };
  answer(turn, (_asked, worker) => {
    const given = new Promise<undefined>((begin) => waiting.push({ worker, begin }));
    give();
    return given;
  });
  answer(turnBack, (_told, worker) => {
    const at = taken.indexOf(worker);
    if (at !== -1) taken.splice(at, 1);
    give();
    return undefined;
  });
  // Frees the turns of a worker that exited.
  cluster.on('exit', (worker) => {
    taken = taken.filter((each) => each !== worker);
    waiting = waiting.filter((each) => each.worker !== worker);
    give();
  });
}
