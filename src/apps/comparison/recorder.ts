import type { LoginModel } from '../../domain/identity/authentication';
import type { HttpClient, Exchange } from './http-client';
import type { Actor, Phase, Step } from './run';
import { shownAnswer, shownRequest } from './shown';
import type { RunContext } from './run-context';
import type { Trace, Traces } from './traces';
import type { WireAnswer, WireRequest } from './wire';

/** What a step is called, and who does it. */
export interface StepTitle {
  readonly step: string;
  readonly phase: Phase;
  readonly actor: Actor;
  readonly action: string;
}

/** What an actor knows after a step: what it keeps, and where the store has something of it now. */
export interface Learned {
  readonly holds?: Readonly<Record<string, string>>;
  readonly traces?: readonly Trace[];
}

/** Writes down a login step by step: what was sent and received, and what the store held before and after. */
export class LoginRecorder {
  private number = 0;
  /** What this login has left in the store, which is what is looked at. */
  private readonly own: Trace[] = [];

  constructor(
    private readonly model: LoginModel,
    private readonly stage: RunContext,
    private readonly store: Traces,
    private readonly emit: (step: Step) => Promise<void>,
  ) {}

  /** A step that stays inside its actor. */
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

  /** A step that is one HTTP exchange, sent by `send`. */
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

  /** A step in which a client sends one request of its own making over the line. */
  async call<Result>(
    title: StepTitle,
    line: HttpClient,
    work: () => Promise<Result>,
    learned: (result: Result) => Learned = () => ({}),
  ): Promise<Result> {
    const before = await this.store.look(this.own);
    const result = await work();
    await this.writeExchange(title, line.take(), before, () => learned(result));
    return result;
  }

  private async writeExchange(
    title: StepTitle,
    { request, answer }: Exchange,
    before: Step['stored']['before'],
    learn: () => Learned,
  ): Promise<void> {
    const { credentials } = this.stage;
    // The answer first: it teaches the credentials that the request may hold already.
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
    this.stage.traces.push(...traces);
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
