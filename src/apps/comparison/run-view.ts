import type * as z from 'zod';
import type { Run, RunEvent, runView } from './run';

export type RunView = Readonly<z.infer<typeof runView>>;

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** The state of a run so far. */
export function viewOf(run: Run, now: number): RunView {
  const events = eventsOf(run, now);
  const done = lastOf(events, 'done');
  const cleanup = lastOf(events, 'cleanup');
  return {
    id: run.id,
    status: done?.status ?? 'running',
    message: done?.message ?? null,
    models: run.models,
    without: run.without ?? [],
    createdAt: new Date(run.createdAt).toISOString(),
    expiresAt: new Date(run.expiresAt).toISOString(),
    expected: lastOf(events, 'started')?.expected ?? { steps: 0, attacks: 0 },
    steps: allOf(events, 'step').map(({ type: _type, ...step }) => step),
    attacks: allOf(events, 'attack').map(({ type: _type, ...attack }) => attack),
    summary: Object.fromEntries(
      allOf(events, 'summary').map(({ type: _type, ...summary }) => [summary.model, summary]),
    ),
    cleanup: cleanup === undefined ? null : { removed: cleanup.removed, left: cleanup.left },
  };
}

/** The events of a run; if its process was lost, the last one says so. */
export function eventsOf({ events, deadline }: Run, now: number): readonly RunEvent[] {
  if (now <= deadline || events.some(({ type }) => type === 'done')) return events;
  return [...events, { type: 'done', status: 'error', message: 'The run was lost with the process that made it' }];
}

function allOf<Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

function lastOf<Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type): EventOf<Type> | undefined {
  return allOf(events, type).at(-1);
}
