import type { ShownRecord } from './run';
import type { Wire, WireAnswer, WireRequest } from './wire';

/** A request, its answer, and what the store had afterwards. */
export interface HeardExchange {
  readonly request: WireRequest;
  readonly answer: WireAnswer;
  readonly stored: readonly ShownRecord[];
}

/** The wire of a run, which can be listened to. */
export class TappedWire {
  private hear: ((request: WireRequest, answer: WireAnswer) => Promise<void>) | undefined;

  constructor(private readonly wire: Wire) {}

  async send(request: WireRequest): Promise<WireAnswer> {
    const answer = await this.wire.send(request);
    // What every client reads once is no part of an attack.
    if (!request.path.startsWith('/.well-known/')) await this.hear?.(request, answer);
    return answer;
  }

  /** The result of `work` and what is exchanged while it runs, `look` being what shows the store. */
  async during<Result>(
    work: () => Promise<Result>,
    look: (answer: WireAnswer) => Promise<readonly ShownRecord[]>,
  ): Promise<{ readonly result: Result; readonly heard: readonly HeardExchange[] }> {
    const heard: HeardExchange[] = [];
    this.hear = async (request, answer) => {
      heard.push({ request, answer, stored: await look(answer) });
    };
    const result = await work().finally(() => (this.hear = undefined));
    return { result, heard };
  }
}
