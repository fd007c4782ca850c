import type { SessionModel } from '../../domain/identity/authentication';
import { type AttackOutcome, mustBeDefended, type Phase, type Step, type Summary } from './run';

const phases: readonly Phase[] = ['person', 'challenge', 'proof', 'resource'];

/** Adds up the cost of a login from its recorded steps, and the outcomes of its attacks. */
export function summaryOf(
  model: SessionModel,
  allSteps: readonly Step[],
  allAttacks: readonly AttackOutcome[],
): Summary {
  const steps = allSteps.filter((step) => step.model === model);
  const attacks = allAttacks.filter((attack) => attack.model === model && mustBeDefended(attack));
  const exchanges = steps.filter(({ sent }) => sent !== null);
  const own = exchanges.filter(({ phase }) => phase === 'challenge' || phase === 'proof');
  const count = (phase: Phase) => exchanges.filter((step) => step.phase === phase).length;
  return {
    model,
    roundTrips: exchanges.length,
    roundTripsByPhase: Object.fromEntries(phases.map((phase) => [phase, count(phase)])) as Record<Phase, number>,
    bytesSent: bytesOf(exchanges, 'sent'),
    bytesReceived: bytesOf(exchanges, 'received'),
    protocolBytes: bytesOf(own, 'sent') + bytesOf(own, 'received'),
    elapsedMs: Math.round(steps.reduce((total, { elapsedMs }) => total + elapsedMs, 0) * 100) / 100,
    attacks: { total: attacks.length, defended: attacks.filter(({ defended }) => defended).length },
  };
}

function bytesOf(steps: readonly Step[], side: 'sent' | 'received'): number {
  return steps.reduce((total, step) => total + (step[side]?.bytes ?? 0), 0);
}
