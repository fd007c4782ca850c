import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';
import { answer, ask, nothing, type Question, notify } from '../../../src/platform/workers/worker-channel';

/** Only a hang is slower. */
const withinMs = 60_000;
const upper: Question<string, string> = { name: 'upper', asked: z.string(), answer: z.string(), withinMs };
const twice: Question<number, number> = { name: 'twice', asked: z.number(), answer: z.number(), withinMs };
const never: Question<string, string> = { name: 'never', asked: z.string(), answer: z.string(), withinMs: 100 };
const unknown: Question<string, string> = { name: 'unknown', asked: z.string(), answer: z.string(), withinMs: 100 };
const outcome: Question<unknown, undefined> = { name: 'outcome', asked: z.unknown(), answer: nothing };

/** What became of a question: its answer, or that there was none. */
async function outcomeOf(answered: Promise<unknown>): Promise<unknown> {
  return answered.catch(() => 'rejected');
}

/** Run by the test of the channel: a worker asks its primary, which sends on what became of each question, and ends with it. */
async function main(): Promise<void> {
  if (cluster.isPrimary) {
    answer(upper, (text) => text.toUpperCase());
    answer({ ...twice, answer: z.unknown() }, async (number, worker: Worker) =>
      // Asked back before it answers; one that is odd is answered with what is no number.
      number % 2 === 1 ? 'odd' : ask(twice, number, worker),
    );
    answer(never, () => new Promise<string>(() => {}));
    answer(outcome, (told, worker) => {
      process.send?.(told, () => process.disconnect());
      // Nobody answers it any more.
      void outcomeOf(ask({ ...unknown, withinMs: 3_600_000 }, 'a', worker));
      worker.kill();
    });
    cluster.fork();
    return;
  }
  answer(twice, (number) => 2 * number);
  const outcomes = await Promise.all([
    outcomeOf(ask(upper, 'a')),
    outcomeOf(ask(twice, 4)),
    outcomeOf(ask(twice, 3)),
    outcomeOf(ask({ ...upper, asked: z.unknown(), withinMs: 100 }, 5)),
    outcomeOf(ask(never, 'a')),
    outcomeOf(ask(unknown, 'a')),
  ]);
  notify(outcome, outcomes);
}

void main();
