import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';

/** What one process of the service asks another: by its name, with what, and what it is answered. */
export interface Question<Asked, Answer> {
  readonly name: string;
  readonly asked: z.ZodType<Asked>;
  readonly answer: z.ZodType<Answer>;
  /** Milliseconds; absent where the answer may wait for others. */
  readonly withinMs?: number;
}

/** What is asked, or answered, without a value. */
export const nothing = z.undefined();

/** `asks` and `answers` hold the number of a question of the process that asked; what is only told has neither. */
const envelope = z.object({
  tessera: z.string(),
  asks: z.number().optional(),
  answers: z.number().optional(),
  value: z.unknown().optional(),
});

const replies = new Map<string, (value: unknown, from: Worker) => Promise<unknown>>();
const waiting = new Map<number, { readonly to: Worker | undefined; readonly resolve: (value: unknown) => void }>();
let asked = 0;
let isListening = false;

/**
 * Answers the question from now on, in the primary to its workers, in a worker to the primary. What is malformed is ignored;
 * where `reply` rejects there is no answer, as the asker's time limit tells it.
 */
export function answer<Asked, Answer>(
  question: Question<Asked, Answer>,
  reply: (asked: Asked, from: Worker) => Answer | Promise<Answer>,
): void {
  replies.set(question.name, async (value, from) => reply(question.asked.parse(value), from));
  listen();
}

/** Asks the worker, or from a worker the primary. Rejects when no answer, or a malformed one, has come within the limit. */
export async function ask<Asked, Answer>(
  question: Question<Asked, Answer>,
  value: Asked,
  to: Worker | undefined = cluster.worker,
): Promise<Answer> {
  listen();
  asked += 1;
  const id = asked;
  let timer: NodeJS.Timeout | undefined;
  const answered = new Promise<unknown>((resolve, reject) => {
    waiting.set(id, { to, resolve });
    if (question.withinMs === undefined) return;
    timer = setTimeout(
      () => reject(new Error(`${question.name}: the other process did not answer`)),
      question.withinMs,
    );
  });
  send({ tessera: question.name, asks: id, value }, to);
  try {
    return question.answer.parse(await answered);
  } finally {
    clearTimeout(timer);
    waiting.delete(id);
  }
}

/** Tells the primary without waiting for an answer; `sent` is called when it has left, or cannot. */
export function tell<Told>({ name }: Question<Told, undefined>, value: Told, sent?: () => void): void {
  send({ tessera: name, value }, cluster.worker, sent);
}

/** With a callback: without one, a process at the other end that is gone would be an error event, which ends this one. */
function send(message: z.input<typeof envelope>, to: Worker | undefined, sent = () => {}): void {
  to?.send(message, sent);
}

/** The channel is open for as long as the process lives, so the listener needs no removal. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  const { worker: own } = cluster;
  if (own === undefined) cluster.on('message', (worker, message) => receive(message, worker));
  else own.on('message', (message) => receive(message, own));
}

function receive(message: unknown, from: Worker): void {
  const { tessera: name = '', asks, answers, value } = envelope.safeParse(message).data ?? {};
  if (answers !== undefined) {
    const question = waiting.get(answers);
    if (question?.to === from) question.resolve(value);
    return;
  }
  replies
    .get(name)?.(value, from)
    .then(
      (reply) => asks !== undefined && send({ tessera: name, answers: asks, value: reply }, from),
      () => {},
    );
}
