import type { FastifyRequest } from 'fastify';

/** The part of a login that one request is. */
export interface LoginStep {
  /** `both` where the models cannot or need not be distinguished. */
  readonly model: 'pkce' | 'wallet' | 'passkey' | 'both';
  readonly step: string;
  /** Its position among the steps of a login, from 1. */
  readonly place: number;
}

/** For an endpoint that serves several steps. */
export interface StepByRequest {
  readonly steps: readonly LoginStep[];
  /** One of `steps`; undefined for a request that is none. */
  readonly of: (request: FastifyRequest) => LoginStep | undefined;
}

/** The steps that an endpoint serves. */
export function stepsOf({ step }: { readonly step?: LoginStep | StepByRequest }): readonly LoginStep[] {
  if (step === undefined) return [];
  return 'steps' in step ? step.steps : [step];
}
