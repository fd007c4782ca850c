import type { Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Security } from './openapi';

/** What a guard returns that has answered instead of the handler, as with a redirect to the login page. */
export const answered = Symbol('answered');

/** Who may call an endpoint that is not public: the declaration names it, the guard enforces it, OpenAPI tells it. */
export interface Access<Caller = unknown> {
  readonly by:
    | 'browser session'
    | 'client'
    | 'access token'
    | 'admin'
    | 'initial access token'
    | 'registration access token'
    | 'metrics token';
  /** Of an operator: what it must be allowed to do. */
  readonly right?: 'read' | 'write';
  /** Of an access token: what it must have been granted. */
  readonly scope?: string;
  /** None where no header tells who calls. */
  readonly security?: Security;
  readonly guard: Type<Guard<Caller>>;
}

/** Finds out who calls; what an endpoint's access names is found once at the start. */
export interface Guard<Caller> {
  /** Returns who calls, for the handler. Throws: ProtocolError. */
  admit(
    request: FastifyRequest,
    reply: FastifyReply,
    access: Access,
  ): Caller | typeof answered | Promise<Caller | typeof answered>;
}
