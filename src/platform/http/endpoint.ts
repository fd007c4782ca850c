import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from './access';
import type { Description } from './description';
import type { LoginStep, StepByRequest } from './login-step';
import type { ProtocolError } from './protocol-error';
import type { RequestLimit } from './rate-limiter';

/** Describes a route in one place: CORS, limits, metrics and documentation read it here. */
export interface EndpointDeclaration<Caller = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In the syntax of Fastify's router: `/runs/:id`. */
  readonly path: string;
  /** Who may call it. */
  readonly access: 'public' | Access<Caller>;
  /** Checked before the caller is identified. Throws: ProtocolError. */
  readonly precondition?: (request: FastifyRequest) => void;
  /** The body that is parsed, by {@link formOf} or as a JSON object; without it none is read. */
  readonly body?: 'form' | 'json';
  /** Whether errors are JSON even for browsers. */
  readonly errorsInJson?: boolean;
  /** Most bytes of a body; 16 KiB by default. */
  readonly bodyLimit?: number;
  /** The error for malformed JSON, if the route's protocol has its own. */
  readonly notJson?: () => ProtocolError;
  /** Status of a returned response, or 204 without one; 200 by default. */
  readonly status?: number;
  /** `Cache-Control` of a success; `no-store` by default. */
  readonly cache?: string;
  /** True: answered under any host name outside production, because probes and scrapers use IP addresses. */
  readonly anyHost?: boolean;
  /** Whose pages may call it: every site's, registered clients', or only our own. */
  readonly origins?: 'all' | 'registered';
  /** The rate limit, if limits are on. */
  readonly limit?: RequestLimit;
  /** The step of a login that a request is, for the metrics. */
  readonly step?: LoginStep | StepByRequest;
  /** The unverified code or nonce of a request, whose hash the audit trail keeps. */
  readonly redeems?: (request: FastifyRequest) => string | undefined;
  /** The metadata member for its URL. Source: RFC 8414 §2. */
  readonly metadata?: string;
  readonly describe: Description;
}

/** Returns the JSON response, or undefined after sending one itself. `caller`: from the guard. Throws: ProtocolError. */
export type EndpointHandler<Caller> = (request: FastifyRequest, reply: FastifyReply, caller: Caller) => unknown;

/** The declaration on a controller's method. */
interface Declared {
  readonly declaration: EndpointDeclaration;
  readonly method: string;
}

const declaredOf = new WeakMap<object, Declared[]>();

/** Declares that a controller's method handles a route; a method may have several. */
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

/** The declarations of a controller class, in the order of its methods. */
export function declarationsOf(prototype: object): readonly Declared[] {
  return declaredOf.get(prototype) ?? [];
}

/** The value of `:name` in the path. */
export function pathParameter({ params }: FastifyRequest, name: string): string {
  const values = params as Readonly<Record<string, string>>;
  return values[name] ?? '';
}
