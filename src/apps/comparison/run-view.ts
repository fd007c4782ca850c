import type { LoginModel } from '../../domain/identity/authentication';
import type { AttackOutcome, Run, RunEvent, RunStatus, Step, Summary } from './run';

/** A run as its reader gets it. */
export interface RunView {
  readonly id: string;
  readonly status: RunStatus;
  /** How it ended, in one sentence; null while it is running. */
  readonly message: string | null;
  readonly models: readonly LoginModel[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** How many steps and attacks there will be. */
  readonly expected: { readonly steps: number; readonly attacks: number };
  readonly steps: readonly Step[];
  readonly attacks: readonly AttackOutcome[];
  readonly summary: Readonly<Partial<Record<LoginModel, Summary>>>;
  readonly cleanup: { readonly removed: Readonly<Record<string, number>>; readonly left: string } | null;
}

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** What a run has told up to now. */
export function viewOf(run: Run, now: number): RunView {
  const events = eventsOf(run, now);
  const done = lastOf(events, 'done');
  const cleanup = lastOf(events, 'cleanup');
  return {
    id: run.id,
    status: done?.status ?? 'running',
    message: done?.message ?? null,
    models: run.models,
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

/** The events of a run; one whose process was lost ends with an event that says so. */
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
