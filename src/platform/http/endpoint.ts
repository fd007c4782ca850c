import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from './access';
import type { Description } from './description';
import type { LoginStep, StepByRequest } from './login-step';
import type { ProtocolError } from './protocol-error';
import type { RequestLimit } from './rate-limiter';

/** What a route is, in one place: whatever else must know of it (CORS, limits, metrics, documents) reads it here. */
export interface EndpointDeclaration<Caller = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As Fastify's router reads it: `/runs/:id`. */
  readonly path: string;
  /** Who may call it. */
  readonly access: 'public' | Access<Caller>;
  /** What is refused before it is known who calls. Throws: ProtocolError. */
  readonly precondition?: (request: FastifyRequest) => void;
  /** The body that is read, as {@link formOf} or as a JSON object; a route without it reads none. */
  readonly body?: 'form' | 'json';
  /** Whether its errors are JSON also for who prefers pages. */
  readonly errorsInJson?: boolean;
  /** Bytes of a body, at most; 16 KiB by default. */
  readonly bodyLimit?: number;
  /** The error of a body that is no such JSON, where the route's protocol has one of its own. */
  readonly notJson?: () => ProtocolError;
  /** Of an answer that is returned, or with 204 is none; 200 by default. */
  readonly status?: number;
  /** `Cache-Control` of an answer that is no error; `no-store` by default. */
  readonly cache?: string;
  /** Outside production, answered whatever name it is asked for by: probes and scrapers use IP addresses. */
  readonly anyHost?: boolean;
  /** Whose pages may call it: those of every site, of registered clients, or none but our own. */
  readonly origins?: 'all' | 'registered';
  /** How often it may be called, where limits are on. */
  readonly limit?: RequestLimit;
  /** The step of a login that a request is, for the metrics. */
  readonly step?: LoginStep | StepByRequest;
  /** The code or nonce that a request would redeem, before anything of it is checked; for the audit trail, as its hash. */
  readonly redeems?: (request: FastifyRequest) => string | undefined;
  /** The member of the server's metadata that holds its URL. Source: RFC 8414 §2. */
  readonly metadata?: string;
  readonly describe: Description;
}

/** Returns what is sent as JSON, or undefined when it has answered by itself. `caller`: as the guard knows it. Throws: ProtocolError. */
export type EndpointHandler<Caller> = (request: FastifyRequest, reply: FastifyReply, caller: Caller) => unknown;

/** What stands at one method of a controller. */
interface Declared {
  readonly declaration: EndpointDeclaration;
  readonly method: string;
}

const declaredOf = new WeakMap<object, Declared[]>();

/** Declares that a controller's method answers a route; more than one may stand at the same method. */
export function Endpoint<Caller>(declaration: EndpointDeclaration<Caller>) {
  return <Handler extends EndpointHandler<Caller>>(
    prototype: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<Handler>,
  ): void => {
    const declared = declaredOf.get(prototype) ?? [];
    declaredOf.set(prototype, [...declared, { declaration, method }]);
  };
}

/** The declarations of a controller's class, in the order of its methods. */
export function declarationsOf(prototype: object): readonly Declared[] {
  return declaredOf.get(prototype) ?? [];
}

/** What stands in the place of `:name` in the path. */
export function pathParameter({ params }: FastifyRequest, name: string): string {
  const values = params as Readonly<Record<string, string>>;
  return values[name] ?? '';
}
