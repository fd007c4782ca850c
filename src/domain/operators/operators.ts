import { userInfo } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { ClientAddress } from '../../platform/http/client-address';
import { Parameters } from '../../platform/http/parameters';
import { RateLimiter } from '../../platform/http/rate-limiter';
import { secretHashMatches, secretMatches } from '../clients/client-secrets';
import { bearerTokenIn, isToken } from '../credentials/bearer-token';
import { newSecret } from '../credentials/secret';
import { type Actor, bootstrap } from '../events/actor';
import { includesRole, type OperatorRole } from '../identity/operator-role';
import { UserStore } from '../identity/user-store';
import { OperatorError } from './operator-error';
import { type Operator, OperatorStore } from './operator-store';

/** Who acts in the administration, and as what. */
export interface Acting {
  readonly actor: Actor;
  readonly role: OperatorRole;
}

/** Whoever shows an admin token. */
export const ofBootstrap: Acting = { actor: bootstrap, role: 'admin' };

/** Whoever may start commands on the machine. */
export function commandLine(): Acting {
  const name = systemUser();
  return { actor: { type: 'command', id: name, name }, role: 'admin' };
}

const guesses = { name: 'admin', address: 10 };
/** Milliseconds. */
const useExactMs = 5 * 60_000;
/** Found by scanners of leaked secrets. */
const prefix = 'tso_';
const form = /^tso_[\w-]{43}$/;

/** A new token of an operator: 256 random bits in base64url behind the prefix. */
export function newOperatorToken(): string {
  return `${prefix}${newSecret()}`;
}

/** Whether the operator's tokens are accepted. `now`: milliseconds since the epoch. */
export function mayAct({ disabled, expiresAt = Infinity }: Operator, now: number): boolean {
  return disabled !== true && expiresAt > now;
}

/**
 * Knows operators by their tokens. Guessing is rate limited per client, and nobody is locked out by the guesses of others.
 */
@Injectable()
export class Operators {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'adminTokens'>,
    private readonly clock: Clock,
    private readonly store: OperatorStore,
    private readonly users: UserStore,
    private readonly limiter: RateLimiter,
  ) {}

  /** Whether there is an administration over HTTP: for an admin token, an operator, or a user with a role. */
  async areAny(): Promise<boolean> {
    if (this.config.adminTokens.length > 0 || (await this.store.listRecent()).length > 0) return true;
    return this.users.hasOperators();
  }

  /**
   * Who shows a token as bearer token; undefined for a wrong or no token. A right one is always accepted; a client has ten wrong
   * ones a minute, over all endpoints. Throws: {@link OperatorError} token_in_url; 429 with `Retry-After`. Source:
   * docs/http-api.md, section Administration.
   */
  async shownBy(request: FastifyRequest): Promise<Acting | undefined> {
    this.assertNotInUrl(request);
    return this.named(bearerTokenIn(request.headers.authorization) ?? '', request.client);
  }

  /** Throws: {@link OperatorError} token_in_url. */
  assertNotInUrl({ query }: FastifyRequest): void {
    if (query instanceof Parameters && this.isIn(query)) throw new OperatorError('token_in_url');
  }

  /** Who has the token, which may come from a form, under the same limit. Throws: 429 with `Retry-After`. */
  async named(token: string, client: ClientAddress): Promise<Acting | undefined> {
    if (this.config.adminTokens.some((each) => isToken(token, each))) return ofBootstrap;
    const acting = form.test(token) ? await this.acting((each, now) => secretMatches(each, token, now)) : undefined;
    // An absent token is not a guess: a scanner must not use up the guesses of an operator who shares its IP address.
    if (acting === undefined && token !== '') await this.limiter.countAlways(guesses, client);
    return acting;
  }

  /** The operator with this id, with the role of now, while the token with this hash is accepted. */
  async withTokenHash(id: string, tokenHash: string): Promise<Acting | undefined> {
    return this.acting((each, now) => each.id === id && secretHashMatches(each, tokenHash, now));
  }

  private async acting(isMeant: (operator: Operator, now: number) => boolean): Promise<Acting | undefined> {
    const now = this.clock.now();
    const operators = await this.store.listRecent();
    const operator = operators.find((each) => mayAct(each, now) && isMeant(each, now));
    if (operator === undefined) return undefined;
    await this.recordUse(operator);
    return { actor: { type: 'operator', id: operator.id, name: operator.name }, role: operator.role };
  }

  private isIn(query: Parameters): boolean {
    const values = query.names.flatMap((name) => query.getAll(name));
    return values.some((value) => form.test(value) || this.config.adminTokens.some((each) => isToken(value, each)));
  }

  private async recordUse({ id, lastUsedAt = 0 }: Operator): Promise<void> {
    const now = this.clock.now();
    if (now - lastUsedAt < useExactMs) return;
    await this.store.change((operators) =>
      operators.map((each) => (each.id === id ? { ...each, lastUsedAt: now } : each)),
    );
  }
}

/** Throws: {@link OperatorError} role_insufficient. */
export function assertRole({ role }: Acting, needed: OperatorRole): void {
  if (!includesRole(role, needed)) throw new OperatorError('role_insufficient');
}

/** A process in a container may run under a number that has no name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
