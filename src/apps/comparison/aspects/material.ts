import type { SessionModel } from '../../../domain/identity/authentication';
import type { ChallengeKind } from '../../../domain/challenges/challenge';
import type { Config } from '../../../platform/config';
import type { AttackEvidence, Fact } from '../comparison';
import type { ProofCosts } from '../proof-costs';
import type { AttackOutcome, ShownRecord, Step } from '../run';
import type { RunView } from '../run-view';

/** The input of all aspects. */
export interface Material {
  readonly config: Config;
  /** The database operation that consumes a challenge. */
  readonly atomicStep: string;
  readonly costs: ProofCosts;
  /** Number of private signing keys in the store, by whether they are encrypted. */
  readonly keysAtRest: { readonly encrypted: number; readonly plain: number };
  /** The newest finished run of both models. */
  readonly run: RunView | undefined;
}

export function stepOf({ run }: Material, model: SessionModel, name: string): Step | undefined {
  return run?.steps.find((step) => step.model === model && step.step === name);
}

const challengeKinds = {
  pkce: 'authorization_code',
  wallet: 'wallet_challenge',
  passkey: 'passkey_login',
} as const satisfies Record<SessionModel, ChallengeKind>;

/** The challenge in the store after the step. */
export function challengeAfter(material: Material, model: SessionModel, step: string): ShownRecord | undefined {
  const kind = challengeKinds[model];
  const after = stepOf(material, model, step)?.stored.after ?? [];
  return after.find((record) => record.collection === 'challenges' && record['kind'] === kind);
}

export function attackOf({ run }: Material, name: string): AttackOutcome | undefined {
  return run?.attacks.find((attack) => attack.name === name);
}

export function evidenceOf(material: Material, names: readonly string[]): AttackEvidence[] {
  return names.map((attack) => ({ attack, defended: attackOf(material, attack)?.defended ?? null }));
}

/** Names of the parameters of a step's request, in order. */
export function sentNames(step: Step | undefined): string[] {
  if (step?.sent === undefined || step.sent === null) return [];
  return [...Object.keys(step.sent.query), ...namesIn(step.sent.body)];
}

/** Names of the values in a step's response: in its JSON, or in the query of its redirect. */
export function receivedNames(step: Step | undefined): string[] {
  if (step?.received === undefined || step.received === null) return [];
  const location = step.received.headers['location'] ?? '';
  const query = new URLSearchParams(location.includes('?') ? location.slice(location.indexOf('?') + 1) : '');
  return [...query.keys(), ...namesIn(step.received.body)];
}

/** A fact of a run: the names, or null without a run. */
export function namesFact(name: string, names: readonly string[]): Fact {
  return { name, value: names.length === 0 ? null : names.join(', '), from: 'run' };
}

export const notMeasured = 'Not measured on this server yet: start a run.';

/** Marks a statement that no run has measured. */
export function byDesign(sentence: string): string {
  return `By design: ${sentence} ${notMeasured}`;
}

function namesIn(body: unknown): string[] {
  return typeof body === 'object' && body !== null ? Object.keys(body) : [];
}
