import * as z from 'zod';
import type { Comparison } from '../comparison';
import type { RunView } from '../run-view';
import { eventsIn, type ServerSentEvent } from './event-stream';

/** The server could not be reached, or refused: says nothing about its defences. */
export class ServerProblem extends Error {}

const errorBody = z.object({ error_description: z.string(), reason: z.string().optional() });
const started = z.object({ id: z.string().regex(/^[\w-]{1,64}$/) });

/** What to run, as the API takes it. */
interface RunOrder {
  readonly models: readonly string[];
  readonly without: readonly string[];
}

/** The server that runs the comparison. */
export class ComparisonServer {
  /** `token`: the admin token, which production requires. */
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** Starts a run of these models, without these checks, follows it to its end, and returns it. Throws: {@link ServerProblem}. */
  async run(order: RunOrder, follow: (event: ServerSentEvent) => void): Promise<RunView> {
    const headers = {
      'content-type': 'application/json',
      ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
    };
    const answer = await this.fetch('/compare/runs', { method: 'POST', headers, body: JSON.stringify(order) });
    const { id } = started.parse(await answer.json());
    const { body } = await this.fetch(`/compare/runs/${id}/events`);
    try {
      for await (const event of eventsIn(body ?? new ReadableStream())) follow(event);
    } catch (error) {
      throw new ServerProblem('the connection was lost during the run', { cause: error });
    }
    return (await (await this.fetch(`/compare/runs/${id}`)).json()) as RunView;
  }

  async comparison(): Promise<Comparison> {
    return (await (await this.fetch('/compare')).json()) as Comparison;
  }

  private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, { redirect: 'error', ...init }).catch((error: unknown) => {
      throw new ServerProblem(`nothing answers at ${this.url}: start the service, or name another with --url`, {
        cause: error,
      });
    });
    if (response.ok) return response;
    const { error_description: description, reason } =
      errorBody.safeParse(await response.json().catch(() => undefined)).data ?? {};
    const hint = reason === 'admin_token_required' ? ' (set ADMIN_TOKEN and give --token)' : '';
    throw new ServerProblem(`${path} answered ${response.status}: ${description ?? 'no reason given'}${hint}`);
  }
}
