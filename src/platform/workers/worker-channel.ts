import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';

/** A question between two processes of the service: its name, and the schemas of question and answer. */
export interface Question<Asked, Answer> {
  readonly name: string;
  readonly asked: z.ZodType<Asked>;
  readonly answer: z.ZodType<Answer>;
  /** Milliseconds; absent where the answer may wait for others. */
  readonly withinMs?: number;
}

/** For a question or an answer without a value. */
export const nothing = z.undefined();

/** `asks` and `answers` contain the number that the asking process gave the question; a message without an answer has neither. */
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
 * Answers the question from now on: in the primary for its workers, in a worker for the primary. Ignores malformed questions;
 * when `reply` rejects, nothing is sent, and the asker times out.
 */
export function answer<Asked, Answer>(
  question: Question<Asked, Answer>,
  reply: (asked: Asked, from: Worker) => Answer | Promise<Answer>,
): void {
  replies.set(question.name, async (value, from) => reply(question.asked.parse(value), from));
  listen();
}

/** Asks the worker, or from a worker the primary. Rejects when no valid answer comes within the limit. */
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
    // The primary ends with its workers, whatever it has asked them.
    timer.unref();
  });
  send({ tessera: question.name, asks: id, value }, to);
  try {
    return question.answer.parse(await answered);
  } finally {
    clearTimeout(timer);
    waiting.delete(id);
  }
}

/** Sends to the primary without waiting for an answer; `sent` is called once it is sent or has failed. */
export function notify<Value>({ name }: Question<Value, undefined>, value: Value, sent?: () => void): void {
  send({ tessera: name, value }, cluster.worker, sent);
}

/** With a callback: without one, a process that is gone causes an error event, which ends this one. */
function send(message: z.input<typeof envelope>, to: Worker | undefined, sent = () => {}): void {
  to?.send(message, sent);
}

/** The channel stays open for the life of the process, so the listener is never removed. */
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
