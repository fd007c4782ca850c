import type { RunView } from '../../../src/apps/comparison/run-view';
import type { Reachable } from '../clients/pkce-login';
import { eventually } from '../run/eventually';

/** Asks for a run. */
export async function startRun(
  url: string,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/compare/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Makes a run and returns it when it is no longer running. */
export async function finishedRun(
  url: string,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<RunView> {
  const started = await startRun(url, body, headers);
  if (started.status !== 201) throw new Error(`The run was refused with ${started.status}`);
  const { id } = (await started.json()) as { id: string };
  let run = await readRun(url, id);
  await eventually(
    async () => {
      run = await readRun(url, id);
      return run.status !== 'running';
    },
    { withinMs: 60_000 },
  );
  return run;
}

export async function readRun(url: string, id: string): Promise<RunView> {
  return (await (await fetch(`${url}/compare/runs/${id}`)).json()) as RunView;
}

/** A page of the comparison, as a browser asks for it. */
export async function pageOf({ url }: Reachable, path = '/'): Promise<{ response: Response; page: string }> {
  const response = await fetch(url + path, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  return { response, page: await response.text() };
}

export interface ServerSentEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Every event of the run, until the server ends the stream. */
export async function readEvents(
  url: string,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ServerSentEvent[]> {
  const response = await fetch(`${url}/compare/runs/${id}/events`, { headers });
  const blocks = (await response.text()).split('\n\n').filter((block) => block.startsWith('id: '));
  return blocks.map((block) => {
    const [, type = '', data = ''] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
    return { type, data: JSON.parse(data) as Record<string, unknown> };
  });
}
