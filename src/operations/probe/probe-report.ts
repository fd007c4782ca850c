import type { Failure, LoginReport } from './login-steps';
import type { ProbeReport } from './probe';

/** For people: a line a login, and one a step. */
export function textOf({ issuer, logins }: ProbeReport): string[] {
  return [issuer, ...logins.flatMap(linesOf)];
}

/** For programs; times in milliseconds. */
export function jsonOf({ issuer, begunAt, logins }: ProbeReport): object {
  return {
    issuer,
    begun_at: new Date(begunAt).toISOString(),
    success: logins.every(({ failure }) => failure === undefined),
    logins: logins.map((login) => ({
      model: login.model,
      success: login.failure === undefined,
      duration_ms: milliseconds(secondsOf(login)),
      steps: login.steps.map(({ step, seconds }) => ({ step, duration_ms: milliseconds(seconds) })),
      ...(login.failure !== undefined && { failure: failureOf(login.failure) }),
    })),
  };
}

/** For node_exporter's textfile collector. Source: docs/operations.md, section Logins from outside. */
export function prometheusOf({ begunAt, logins }: ProbeReport): string[] {
  const successes = logins.map(({ model, failure }) => `{model="${model}"} ${failure === undefined ? 1 : 0}`);
  const durations = logins.flatMap(({ model, steps }) =>
    steps.map(({ step, seconds }) => `{model="${model}",step="${step}"} ${seconds.toFixed(6)}`),
  );
  return [
    ...gauge('tessera_probe_success', 'Whether the login of the latest run succeeded', successes),
    ...gauge('tessera_probe_duration_seconds', 'How long each step of the latest run took', durations),
    ...gauge('tessera_probe_last_run_timestamp_seconds', 'When the latest run began', [` ${begunAt / 1000}`]),
  ];
}

/** What failed, in a line, without anything that the server could have put there but names. */
export function failureLine({ model, failure }: LoginReport): string | undefined {
  if (failure === undefined) return undefined;
  const { status, error, reason, message, step } = failure;
  const names = [status, error, reason === undefined ? undefined : `reason ${reason}`].filter(
    (each) => each !== undefined,
  );
  return `${model} failed at ${step}: ${names.length === 0 ? '' : `${names.join(' ')}: `}${message}`;
}

function linesOf(login: LoginReport): string[] {
  const { model, steps } = login;
  const first = failureLine(login) ?? `${model} ok, ${milliseconds(secondsOf(login))} ms`;
  return [first, ...steps.map(({ step, seconds }) => `  ${step.padEnd(12)}${milliseconds(seconds)} ms`)];
}

function failureOf({ step, message, status, error, reason }: Failure): object {
  return { step, status, error, reason, message };
}

function gauge(name: string, help: string, samples: readonly string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map((sample) => name + sample)];
}

function secondsOf({ steps }: LoginReport): number {
  return steps.reduce((sum, { seconds }) => sum + seconds, 0);
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 100_000) / 100;
}
