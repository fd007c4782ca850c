import type { SessionModel } from '../../domain/identity/authentication';
import type { HttpClient, Exchange } from './http-client';
import type { Actor, Phase, Step } from './run';
import { shownAnswer, shownRequest } from './shown';
import type { RunContext } from './run-context';
import type { Trace, Traces } from './traces';
import type { WireAnswer, WireRequest } from './wire';

/** The title of a step, and its actor. */
export interface StepTitle {
  readonly step: string;
  readonly phase: Phase;
  readonly actor: Actor;
  readonly action: string;
}

/** What an actor knows after a step, and the records that the step left in the store. */
export interface Learned {
  readonly holds?: Readonly<Record<string, string>>;
  readonly traces?: readonly Trace[];
}

/** Records a login step by step: what was sent and received, and the store's contents before and after. */
export class LoginRecorder {
  private number = 0;
  /** The records of this login, which are the ones shown. */
  private readonly own: Trace[] = [];

  constructor(
    private readonly model: SessionModel,
    private readonly context: RunContext,
    private readonly store: Traces,
    private readonly emit: (step: Step) => Promise<void>,
  ) {}

  /** A step inside its actor. */
  async inside<Result>(
    title: StepTitle,
    work: () => Promise<Result>,
    learned: (result: Result) => Learned,
  ): Promise<Result> {
    const before = await this.store.look(this.own);
    const begun = performance.now();
    const result = await work();
    const elapsedMs = performance.now() - begun;
    await this.write(title, { sent: null, received: null, elapsedMs }, before, learned(result));
    return result;
  }

  /** A step with one HTTP exchange, sent by `send`. */
  async exchange(
    title: StepTitle,
    request: WireRequest,
    send: (request: WireRequest) => Promise<WireAnswer>,
    learned: (answer: WireAnswer) => Learned = () => ({}),
  ): Promise<WireAnswer> {
    const before = await this.store.look(this.own);
    const answer = await send(request);
    await this.writeExchange(title, { request, answer }, before, () => learned(answer));
    return answer;
  }

  /** A step in which a client library sends one request of its own. */
  async call<Result>(
    title: StepTitle,
    http: HttpClient,
    work: () => Promise<Result>,
    learned: (result: Result) => Learned = () => ({}),
  ): Promise<Result> {
    const before = await this.store.look(this.own);
    const result = await work();
    await this.writeExchange(title, http.take(), before, () => learned(result));
    return result;
  }

  private async writeExchange(
    title: StepTitle,
    { request, answer }: Exchange,
    before: Step['stored']['before'],
    learn: () => Learned,
  ): Promise<void> {
    const { credentials } = this.context;
    // The response first: it reveals credentials that the request may contain.
    const received = shownAnswer(answer, credentials);
    const learned = learn();
    const sent = shownRequest(request, answer.bytesSent, credentials);
    await this.write(title, { sent, received, elapsedMs: answer.elapsedMs }, before, learned);
  }

  private async write(
    title: StepTitle,
    { elapsedMs, ...exchange }: Pick<Step, 'sent' | 'received' | 'elapsedMs'>,
    before: Step['stored']['before'],
    { holds = {}, traces = [] }: Learned,
  ): Promise<void> {
    this.own.push(...traces);
    this.context.traces.push(...traces);
    this.number += 1;
    const after = await this.store.look(this.own);
    await this.emit({
      model: this.model,
      number: this.number,
      ...title,
      holds,
      ...exchange,
      stored: { before, after },
      elapsedMs: Math.round(elapsedMs * 100) / 100,
    });
  }
}
