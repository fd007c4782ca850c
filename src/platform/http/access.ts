import type { Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Security } from './openapi';

/** Returned by a guard that has sent the response itself, such as a redirect to the login page. */
export const answered = Symbol('answered');

/** Who may call a non-public endpoint: declared by the endpoint, enforced by the guard, documented in OpenAPI. */
export interface Access<Caller = unknown> {
  readonly by:
    | 'browser session'
    | 'client'
    | 'access token'
    | 'admin'
    | 'initial access token'
    | 'registration access token'
    | 'metrics token';
  /** Role that an operator needs. */
  readonly role?: string;
  /** Scope that an access token needs. */
  readonly scope?: string;
  /** True: the caller is identified before the body is read; not so where the body tells who calls. */
  readonly beforeBody?: boolean;
  /** Absent when no header identifies the caller. */
  readonly security?: Security;
  readonly guard: Type<Guard<Caller>>;
}

/** Identifies the caller; the guard of an endpoint's access is resolved once at the start. */
export interface Guard<Caller> {
  /** Returns the caller for the handler. Throws: ProtocolError. */
  admit(
    request: FastifyRequest,
    reply: FastifyReply,
    access: Access,
  ): Caller | typeof answered | Promise<Caller | typeof answered>;
}
