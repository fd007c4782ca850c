import type { RunView } from '../../src/comparison/run-view';
import { eventually } from './eventually';

/** Starts a run and returns its id. */
export async function startRun(
  url: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/compare/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** The run when it is no longer running. */
export async function finishedRun(url: string, body: unknown = {}): Promise<RunView> {
  const started = await startRun(url, body);
  if (started.status !== 201) throw new Error(`The run was refused with ${started.status}`);
  const { id } = (await started.json()) as { id: string };
  let run: RunView | undefined;
  await eventually(
    async () => {
      run = (await (await fetch(`${url}/compare/runs/${id}`)).json()) as RunView;
      return run.status !== 'running';
    },
    { withinMs: 20_000 },
  );
  if (run === undefined) throw new Error('unreachable');
  return run;
}
