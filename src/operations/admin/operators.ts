import * as z from 'zod';
import { withNewSecret } from '../../domain/clients/client-secrets';
import { newId } from '../../domain/credentials/secret';
import { bootstrap } from '../../domain/events/actor';
import type { ServiceEvent } from '../../domain/events/event';
import type { Events } from '../../domain/events/events';
import { canonicalUsername, isUsername } from '../../domain/identity/username';
import { operatorRoles } from '../../domain/identity/operator-role';
import { OperatorError } from '../../domain/operators/operator-error';
import { type Operator, operatorsAtMost, type OperatorStore } from '../../domain/operators/operator-store';
import { mayAct, newOperatorToken } from '../../domain/operators/operators';
import type { Clock } from '../../platform/clock';
import { FieldError } from '../../platform/fields/field-error';
import { choiceField, flagField, numberField, ruledField } from '../../platform/fields/field-kinds';
import {
  allowedIn,
  defined,
  type Fields,
  type JsonObject,
  namesIn,
  patched,
  readFields,
} from '../../platform/fields/fields';
import { AdminError, found } from './admin-error';
import { endOfOld, type Overlap } from './overlap';
import type { ChangeOptions } from './change-options';
import { assertMatch, type IfMatch, tagged } from './etag';
import { type PageAnswer, pageAnswer, type PageAsked } from './page-answer';

/** The fields of an operator. Source: docs/operators.md. */
export const operatorFields = {
  name: ruledField(
    isOperatorName,
    '1 to 64 printable characters, not blank at the ends, not bootstrap',
    'unique whatever its case',
  ),
  role: choiceField(operatorRoles, 'what the operator may do, each more than the one before'),
  expires_at: numberField(0, 253_402_300_799, 'seconds since the epoch when the tokens end; never by default'),
  disabled: flagField('the tokens are not accepted'),
} satisfies Fields;

export const operatorIdentity = z.object({
  id: z.string(),
  created_at: z.int().describe('Seconds since the epoch.'),
  last_used_at: z.int().optional().describe('Seconds since the epoch, exact to five minutes.'),
});

export type OperatorAnswer = ReturnType<typeof operatorAnswer>;

/** An operator with a token, which only this response contains. */
export type OperatorWithToken = OperatorAnswer & { readonly token: string };

/** The administration of operators. Every method may throw StoreUnavailableError. */
export class AdminOperators {
  constructor(
    private readonly operators: OperatorStore,
    private readonly clock: Clock,
  ) {}

  async page(asked: PageAsked): Promise<PageAnswer<OperatorAnswer>> {
    const { limit, after = '' } = asked;
    const later = (await this.operators.list()).filter(({ id }) => id > after).toSorted(byId);
    return pageAnswer(later.slice(0, limit + 1), asked, ({ id }) => id, operatorAnswer);
  }

  /** Throws: {@link AdminError} record_unknown. */
  async find(id: string): Promise<OperatorAnswer> {
    return taggedAnswer(withId(await this.operators.list(), id));
  }

  /** The id of the operator with this id or name. Throws: {@link AdminError} record_unknown. */
  async idOf(name: string): Promise<string> {
    const operators = await this.operators.list();
    return found(operators.find((each) => each.id === name || isSameName(each.name, name))).id;
  }

  /** Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events): Promise<OperatorWithToken> {
    const token = newOperatorToken();
    const now = this.clock.now();
    const fields = readOperator(patched(operatorFields, {}, record), now);
    const operator: Operator = { id: newId(), createdAt: now, secrets: withNewSecret({}, token, now, 0), ...fields };
    const added: ServiceEvent = { type: 'operator_added', operatorId: operator.id, changed: namesIn(record) };
    await this.changeAll(added, events, (operators) => {
      assertFree(operators, operator);
      if (operators.length >= operatorsAtMost) throw new AdminError('operators_at_limit');
      return [...operators, operator];
    });
    return tagged({ ...operatorAnswer(operator), token }, contentOf(operator));
  }

  /** Nobody changes their own role. Throws: {@link AdminError}, OperatorError. Source: RFC 7396. */
  async change(id: string, patch: JsonObject, events: Events, { by, ifMatch }: ChangeOptions): Promise<OperatorAnswer> {
    const event = { type: 'operator_changed', operatorId: id, changed: namesIn(patch) } as const;
    const changed = await this.replace(event, events, (before, now) => {
      const { name, role, expires_at, disabled, ...own } = operatorAnswer(before);
      const values = defined({ name, role, expires_at, disabled });
      const fields = readOperator(patched(operatorFields, values, patch, own), now, before);
      if (by.actor.id === id && fields.role !== before.role) throw new OperatorError('role_insufficient');
      assertMatch(ifMatch, contentOf(before));
      const { disabled: _disabled, expiresAt: _expiresAt, ...kept } = before;
      return { ...kept, ...fields };
    });
    return taggedAnswer(changed);
  }

  /** Throws: {@link AdminError}. */
  async remove(id: string, events: Events, ifMatch?: IfMatch): Promise<void> {
    await this.changeAll({ type: 'operator_removed', operatorId: id }, events, (operators) => {
      const operator = withId(operators, id);
      const others = operators.filter((each) => each.id !== id);
      const after = withAdmin(operators, others, this.clock.now());
      assertMatch(ifMatch, contentOf(operator));
      return after;
    });
  }

  /** Makes another token; the former one is accepted for that many seconds more. Throws: {@link AdminError} record_unknown. */
  async addSecret(id: string, overlap: Overlap, events: Events): Promise<OperatorWithToken> {
    const token = newOperatorToken();
    const event = { type: 'operator_token_added', operatorId: id, changed: namesIn(overlap) } as const;
    const changed = await this.replace(event, events, (before, now) => {
      return { ...before, secrets: withNewSecret(before, token, now, endOfOld(overlap, now)) };
    });
    return tagged({ ...operatorAnswer(changed), token }, contentOf(changed));
  }

  private async replace(
    event: Extract<ServiceEvent, { readonly operatorId: string }>,
    events: Events,
    change: (before: Operator, now: number) => Operator,
  ): Promise<Operator> {
    const { operatorId: id } = event;
    let changed: Operator | undefined;
    await this.changeAll(event, events, (operators) => {
      const now = this.clock.now();
      const after = change(withId(operators, id), now);
      const others = operators.filter((each) => each.id !== id);
      assertFree(others, after);
      changed = after;
      const all = operators.map((each) => (each.id === id ? after : each));
      return withAdmin(operators, all, now);
    });
    return found(changed);
  }

  /** What is refused is not announced. */
  private async changeAll(
    event: ServiceEvent,
    events: Events,
    change: (operators: readonly Operator[]) => readonly Operator[],
  ): Promise<void> {
    change(await this.operators.list());
    await events.announce(event);
    await this.operators.change(change);
  }
}

export function operatorAnswer({ id, name, role, disabled = false, expiresAt, createdAt, lastUsedAt }: Operator) {
  return {
    id,
    name,
    role,
    disabled,
    ...(expiresAt !== undefined && { expires_at: secondsOf(expiresAt) }),
    created_at: secondsOf(createdAt),
    ...(lastUsedAt !== undefined && { last_used_at: secondsOf(lastUsedAt) }),
  };
}

function taggedAnswer(operator: Operator): OperatorAnswer {
  return tagged(operatorAnswer(operator), contentOf(operator));
}

function contentOf({ lastUsedAt: _lastUsedAt, ...content }: Operator): JsonObject {
  return content;
}

/** The fields as stored. Throws: {@link FieldError}. */
function readOperator(record: JsonObject, now: number, before?: Operator) {
  const { name, role, expires_at: expiry, disabled } = readFields(operatorFields, record);
  if (name === undefined) throw new FieldError('name', allowedIn(operatorFields.name));
  if (role === undefined) throw new FieldError('role', allowedIn(operatorFields.role));
  const expiresAt = expiry === undefined ? undefined : expiry * 1000;
  const isNew = expiresAt !== undefined && expiresAt !== before?.expiresAt;
  if (isNew && expiresAt <= now) throw new FieldError('expires_at', 'a time to come');
  return { name, role, ...defined({ expiresAt, disabled: disabled === true ? true : undefined }) };
}

/** Throws: {@link AdminError} already_exists. */
function assertFree(others: readonly Operator[], { name }: Operator): void {
  if (others.some((each) => isSameName(each.name, name))) throw new AdminError('already_exists');
}

/** The operators after a change that leaves one of role admin, if there was one. Throws: {@link AdminError} last_admin. */
function withAdmin(before: readonly Operator[], after: readonly Operator[], now: number): readonly Operator[] {
  const hasAdmin = (operators: readonly Operator[]) =>
    operators.some((operator) => operator.role === 'admin' && mayAct(operator, now));
  if (hasAdmin(before) && !hasAdmin(after)) throw new AdminError('last_admin');
  return after;
}

function withId(operators: readonly Operator[], id: string): Operator {
  return found(operators.find((operator) => operator.id === id));
}

function isOperatorName(text: string): boolean {
  return isUsername(text) && text.length <= 64 && !isSameName(text, bootstrap.name);
}

function isSameName(one: string, other: string): boolean {
  return canonicalUsername(one) === canonicalUsername(other);
}

function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function byId({ id: a }: Operator, { id: b }: Operator): number {
  return a < b ? -1 : 1;
}
