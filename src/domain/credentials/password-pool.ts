import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Options } from '@node-rs/argon2';
import { HttpError } from '../../platform/http/http-error';
import { root } from '../../root';
import { noOthers, type PasswordTurns } from './password-turns';

/** A task of a thread: with a hash, verify the password against it, otherwise hash the password. */
export interface PasswordTask {
  readonly password: string;
  readonly passwordHash?: string;
  readonly options?: Options;
}

/** The queue is so long that another password would wait for seconds. */
export class PasswordsBusyError extends HttpError {
  constructor() {
    super('rate_limited', { headers: { 'retry-after': '2' } });
  }
}

interface Job {
  readonly task: PasswordTask;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Answer = { readonly result: unknown } | { readonly error: string };

/**
 * Own threads for Argon2: on libuv's pool, passwords would block signature verification and file reads. A thread starts when
 * first needed, and an idle one does not keep the process alive.
 */
export class PasswordPool {
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, Job>();
  private readonly waiting: Job[] = [];
  /** How many queued tasks have requested a turn. */
  private asking = 0;

  /** `threads` tasks run at once; beyond `longestQueue` waiting ones, a task is refused. */
  constructor(
    private readonly threads: number,
    private longestQueue: number,
    private readonly turns: PasswordTurns = noOthers,
  ) {}

  limitQueue(longestQueue: number): void {
    this.longestQueue = longestQueue;
  }

  /** Whether another task would be refused now. */
  get isFull(): boolean {
    return this.running.size + this.waiting.length >= this.threads + this.longestQueue;
  }

  /** A PHC string, or whether the password matches the hash. Throws: {@link PasswordsBusyError}. */
  async run(task: PasswordTask): Promise<unknown> {
    if (this.isFull) throw new PasswordsBusyError();
    return new Promise((resolve, reject) => {
      this.waiting.push({ task, resolve, reject });
      this.next();
    });
  }

  /** Ends the threads and refuses all tasks under way or queued. The next task starts new threads. */
  async end(): Promise<void> {
    const threads = [...this.idle.splice(0), ...this.running.keys()];
    const unfinished = [...this.running.values(), ...this.waiting.splice(0)];
    for (const _thread of this.running.keys()) this.turns.giveBack();
    this.running.clear();
    for (const job of unfinished) job.reject(new PasswordsBusyError());
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  private next(): void {
    if (this.running.size + this.asking >= this.threads || this.asking >= this.waiting.length) return;
    this.asking += 1;
    this.turns.take(() => {
      this.asking -= 1;
      this.hash(this.waiting.shift());
    });
  }

  private hash(job: Job | undefined): void {
    // The pool may have ended before the turn came.
    if (job === undefined) return this.turns.giveBack();
    const thread = this.idle.pop() ?? this.begin();
    this.running.set(thread, job);
    thread.ref();
    thread.postMessage(job.task);
  }

  private begin(): Worker {
    const thread = new Worker(join(root, 'domain/credentials/password-worker.js'), { execArgv: [], env: {} });
    thread.on('message', (answer: Answer) => {
      const job = this.running.get(thread);
      if (!this.running.delete(thread)) return;
      thread.unref();
      this.idle.push(thread);
      if ('error' in answer) job?.reject(new Error(answer.error));
      else job?.resolve(answer.result);
      this.turns.giveBack();
      this.next();
    });
    // A thread that fails, say for lack of memory, takes only its own task with it.
    thread.on('error', (error) => this.drop(thread, error));
    thread.on('exit', () => this.drop(thread, new Error('The password thread ended')));
    return thread;
  }

  private drop(thread: Worker, error: unknown): void {
    const at = this.idle.indexOf(thread);
    if (at !== -1) this.idle.splice(at, 1);
    const job = this.running.get(thread);
    if (!this.running.delete(thread)) return;
    job?.reject(error);
    this.turns.giveBack();
    this.next();
  }
}
