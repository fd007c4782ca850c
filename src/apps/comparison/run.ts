import type { LoginModel } from '../../domain/identity/authentication';

/** Who does something in a login. */
export type Actor = 'client' | 'browser' | 'wallet';

/** What part of a login a step is: the end-user's own login, the challenge, its proof, or the use of the token. */
export type Phase = 'person' | 'challenge' | 'proof' | 'resource';

/** One HTTP exchange as it is shown: every credential is `sha256:` and the first 8 characters of its hash. */
export interface ShownRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The parameters of the query. */
  readonly query: Readonly<Record<string, string>>;
  /** The form fields or the JSON; null without a body. */
  readonly body: unknown;
  readonly bytes: number;
}

export interface ShownAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or of a page `{ page }`, its title; null without a body. */
  readonly body: unknown;
  readonly bytes: number;
}

/** A record of this login as the store holds it. */
export interface ShownRecord {
  readonly collection: 'challenges' | 'grants' | 'sessions';
  readonly id: string;
  /** Negative when it has expired and is not swept yet. */
  readonly secondsToLive: number;
  readonly [field: string]: unknown;
}

export interface Step {
  readonly model: LoginModel;
  /** Counts the steps of its model from 1. */
  readonly number: number;
  /** A stable name, such as `redeem`. */
  readonly step: string;
  readonly phase: Phase;
  readonly actor: Actor;
  readonly action: string;
  /** What the actor keeps to itself after this step: names, and hashes of what is secret. */
  readonly holds: Readonly<Record<string, string>>;
  /** Null for a step that stays inside the actor. */
  readonly sent: ShownRequest | null;
  readonly received: ShownAnswer | null;
  readonly stored: { readonly before: readonly ShownRecord[]; readonly after: readonly ShownRecord[] };
  readonly elapsedMs: number;
}

/** One claim about an attack, and whether it held. */
export interface Check {
  readonly claim: string;
  readonly held: boolean;
}

export interface AttackOutcome {
  /** The id of the catalogue. */
  readonly name: string;
  readonly title: string;
  readonly model: LoginModel;
  readonly knowledge: string;
  /** The request that got through, otherwise the first; null when the attack could not be made. */
  readonly request: ShownRequest | null;
  /** Of that request's answer. */
  readonly status: number | null;
  readonly error: string | null;
  readonly reason: string | null;
  /** How many answers were which, such as `{"200": 1, "400 code_used": 19}`. */
  readonly answers: Readonly<Record<string, number>>;
  readonly checks: readonly Check[];
  readonly defended: boolean;
  /** Of an attack that gets through where it is mounted, to show what prevents it elsewhere; it fails no run. */
  readonly expected?: 'succeeds';
  /** One sentence: what defended, or what got through. */
  readonly verdict: string;
  readonly elapsedMs: number;
}

/** What a model's login cost, and how its attacks ended. */
export interface Summary {
  readonly model: LoginModel;
  /** HTTP exchanges of the login; those of the challenge and its proof are the model's own. */
  readonly roundTrips: number;
  readonly roundTripsByPhase: Readonly<Record<Phase, number>>;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** The bytes of the challenge and the proof alone, both directions. */
  readonly protocolBytes: number;
  readonly elapsedMs: number;
  /** Those that must be defended against. */
  readonly attacks: { readonly total: number; readonly defended: number };
}

/** Whether an attack must be defended against. */
export function mustBeDefended({ expected }: Pick<AttackOutcome, 'expected'>): boolean {
  return expected === undefined;
}

/** `failed`: an attack got through. `error`: the run could not be made to the end. */
export type RunStatus = 'running' | 'passed' | 'failed' | 'error';

/** What a run tells as it happens; the run is the fold of its events. */
export type RunEvent =
  | { readonly type: 'started'; readonly expected: { readonly steps: number; readonly attacks: number } }
  | ({ readonly type: 'step' } & Step)
  | ({ readonly type: 'attack' } & AttackOutcome)
  | ({ readonly type: 'summary' } & Summary)
  | { readonly type: 'cleanup'; readonly removed: Readonly<Record<string, number>>; readonly left: string }
  | { readonly type: 'done'; readonly status: Exclude<RunStatus, 'running'>; readonly message: string };

/** A run as it is kept. */
export interface Run {
  readonly id: string;
  readonly models: readonly LoginModel[];
  readonly attacks: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When a run that tells nothing more was lost with its process. */
  readonly deadline: number;
  readonly events: readonly RunEvent[];
}
