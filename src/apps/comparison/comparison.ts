import type { LoginModel } from '../../domain/identity/authentication';
import type { StepFigures } from '../../operations/metrics/metrics-figures';
import type { Summary } from './run';

/** Where a fact comes from: this server's settings, the code that does it, the figures since the start, or a run. */
export type FactSource = 'settings' | 'code' | 'live' | 'run';

export interface Fact {
  readonly name: string;
  /** Null where nothing has been measured yet. */
  readonly value: string | number | boolean | null;
  readonly unit?: string;
  readonly from: FactSource;
}

/** Whether an attack was defended against in the run that was measured; null when it was not made. */
export interface AttackEvidence {
  readonly attack: string;
  readonly defended: boolean | null;
}

/** What somebody who reads everything holds after a step. */
export interface EavesdropperRow {
  readonly after: string;
  readonly holds: readonly string[];
  readonly worth: string;
  readonly evidence: readonly AttackEvidence[];
}

/** What is so for one model. The text is composed of its facts, so that it says what is measured and set, no more. */
export interface Statement {
  readonly text: string;
  readonly facts: readonly Fact[];
  readonly evidence?: readonly AttackEvidence[];
  readonly rows?: readonly EavesdropperRow[];
}

/** What each of the two models does in one respect. */
export interface ModelAspect {
  readonly id: string;
  readonly title: string;
  readonly pkce: Statement;
  readonly wallet: Statement;
}

export interface Aspect extends ModelAspect {
  /** A wallet's login that carries a code_challenge. */
  readonly both: Statement;
}

/** The wallet model's two ways in one respect: messages that the server writes, and those that the wallet writes. */
export interface WayAspect {
  readonly id: string;
  readonly title: string;
  readonly server: Statement;
  readonly wallet: Statement;
}

/** How a model has been doing on this server, over all workers. */
export interface LiveFigures {
  /** Challenges handed out: codes, or nonces. */
  readonly started: number;
  /** Challenges redeemed. */
  readonly succeeded: number;
  /** Error responses by their reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly steps: readonly StepFigures[];
}

export interface ModelView {
  readonly title: string;
  readonly live: LiveFigures;
  /** Unspent challenges of the model in the store now, by kind. */
  readonly records: Readonly<Record<string, number>>;
  /** Of the newest finished run of both models; null when there was none in the last hour. */
  readonly measured: Summary | null;
}

/** Both models side by side, on this server. */
export interface Comparison {
  readonly server: {
    readonly issuer: string;
    readonly store: 'lmdb' | 'mongodb';
    readonly workers: number;
    readonly production: boolean;
    readonly runs: { readonly possible: boolean; readonly needToken: boolean };
  };
  readonly measuredBy: { readonly runId: string; readonly at: string } | null;
  readonly models: Readonly<Record<LoginModel, ModelView>>;
  readonly aspects: readonly Aspect[];
  readonly walletMessages: readonly WayAspect[];
}
