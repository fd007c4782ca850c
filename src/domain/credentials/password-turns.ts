import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import { answer, ask, nothing, type Question, tell } from '../../platform/workers/worker-channel';

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

/** Without a limit: a turn that comes late is taken or given back, never lost. */
const turn: Question<undefined, undefined> = { name: 'password-turn', asked: nothing, answer: nothing };
const turnBack: Question<undefined, undefined> = { name: 'password-turn-back', asked: nothing, answer: nothing };

/** Of a worker: takes turns with the others, as the primary gives them. */
export const turnsOfWorker: PasswordTurns = {
  take: (begin) => void ask(turn, undefined).then(begin),
  giveBack: () => tell(turnBack, undefined),
};

/** In the primary: gives turns to the workers, in the order in which they ask. */
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
  // What a worker that is gone had taken is free.
  cluster.on('exit', (worker) => {
    taken = taken.filter((each) => each !== worker);
    waiting = waiting.filter((each) => each.worker !== worker);
    give();
  });
}
