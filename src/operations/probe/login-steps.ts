import { StepError, UnreachableError } from './step-error';

export type Model = 'pkce' | 'wallet';

/** Does and times one step of a login. */
export type TakeStep = <Result>(step: string, work: () => Promise<Result>) => Promise<Result>;

export interface StepTime {
  readonly step: string;
  readonly seconds: number;
}

export interface Failure {
  readonly step: string;
  readonly message: string;
  /** Of the server's answer: HTTP status, error code and reason. */
  readonly status?: number | undefined;
  readonly error?: string | undefined;
  readonly reason?: string | undefined;
  readonly isUnreachable: boolean;
}

/** How one model's login went: its steps in their order, the last one of which is the failed one. */
export interface LoginReport {
  readonly model: Model;
  readonly steps: readonly StepTime[];
  readonly failure?: Failure;
}

/** What a login leaves behind, ended in the opposite order when it fails before it ends that itself. */
export class Cleanups {
  private readonly ends: (() => Promise<void>)[] = [];

  add(end: () => Promise<void>): void {
    this.ends.unshift(end);
  }

  /** As far as it can be done: why the login failed is what counts. */
  async clear(): Promise<void> {
    for (const end of this.ends) await end().catch(() => {});
  }
}

/** Plays a login. What fails that is no fault of a step is thrown. */
export async function played(
  model: Model,
  play: (take: TakeStep, cleanups: Cleanups) => Promise<void>,
): Promise<LoginReport> {
  const steps: StepTime[] = [];
  const cleanups = new Cleanups();
  const take: TakeStep = async (step, work) => {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      steps.push({ step, seconds: (performance.now() - begun) / 1000 });
    }
  };
  try {
    await play(take, cleanups);
    return { model, steps };
  } catch (error) {
    const failure = failureOf(error, steps.at(-1)?.step ?? '');
    await cleanups.clear();
    return { model, steps, failure };
  }
}

function failureOf(error: unknown, step: string): Failure {
  if (error instanceof UnreachableError) return { step, message: error.message, isUnreachable: true };
  if (!(error instanceof StepError)) throw error;
  return { step, message: error.message, ...error.names, isUnreachable: false };
}
