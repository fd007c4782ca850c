import type { FastifyRequest } from 'fastify';

/** A part of a login that one request is. */
export interface LoginStep {
  /** `both` where requests of the two cannot be told apart, nor need be. */
  readonly model: 'pkce' | 'wallet' | 'both';
  readonly step: string;
  /** Its place among the steps of its model's login, from 1. */
  readonly place: number;
}

/** Where an endpoint serves more than one step. */
export interface StepByRequest {
  readonly steps: readonly LoginStep[];
  /** One of `steps`; undefined of a request that is none. */
  readonly of: (request: FastifyRequest) => LoginStep | undefined;
}

/** The steps that an endpoint serves. */
export function stepsOf({ step }: { readonly step?: LoginStep | StepByRequest }): readonly LoginStep[] {
  if (step === undefined) return [];
  return 'steps' in step ? step.steps : [step];
}
