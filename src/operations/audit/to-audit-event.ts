import { hashSecret } from '../../domain/credentials/secret';
import { defined } from '../../platform/fields/fields';
import type { Actor } from '../../domain/events/actor';
import type { ServiceEvent } from '../../domain/events/event';
import type { SessionModel } from '../../domain/identity/authentication';
import { type AuditEvent, auditEventTypes, type Target, targetFields } from './audit-event';

/** What a request adds to all of its events; a command line has none. */
export interface Occasion {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly requestId?: string | undefined;
  /** The model of the endpoint. */
  readonly model?: SessionModel | undefined;
  readonly aborted?: boolean | undefined;
  /** The code or nonce of the request. */
  readonly tried?: string | undefined;
  /** Who acts in the administration, */
  readonly actor?: Actor;
  /** by which route: `GET /admin/clients/{client_id}`. */
  readonly route?: string;
  /** Events of the request that have been recorded before. */
  readonly earlier?: readonly ServiceEvent[];
}

type Whom = Pick<Mutable, 'client_id' | 'sub' | 'grant_id'>;
type Mutable = { -readonly [Name in keyof AuditEvent]: AuditEvent[Name] };

const longestUserAgent = 256;
/** Characters of the base64url hash of a code or nonce: 72 bits, enough to compare any two. */
const challengeLength = 12;

/**
 * The events of one request for the trail. Client, subject, grant and target of one event are copied to the refusal after it:
 * otherwise a replay would only name its grant, and an erasure would miss an event. `now`: milliseconds since the epoch.
 */
export function toAuditEvents(
  events: readonly ServiceEvent[],
  occasion: Occasion,
  now: number,
  nextId: (time: number) => string,
): AuditEvent[] {
  const time = isoTime(now);
  const { actor, earlier = [] } = occasion;
  const whom: Whom = Object.assign({}, ...earlier.map(whomOf));
  let first = earlier[0] && targetOf(earlier[0], occasion);
  return events.map((event) => {
    const { outcome, model } = auditEventTypes[event.type];
    const recorded: Mutable = { id: nextId(now), time, type: event.type, outcome };
    const modelOfEvent = 'model' in event ? event.model : model === 'step' ? occasion.model : model;
    if (modelOfEvent !== undefined) recorded.model = modelOfEvent;
    if (event.type === 'request_refused') Object.assign(recorded, whom);
    const own = whomOf(event);
    Object.assign(whom, own);
    Object.assign(recorded, own);
    const reason = reasonOf(event);
    if (reason !== undefined) recorded.reason = reason;
    if (actor !== undefined) {
      const target = targetOf(event, occasion);
      first ??= target;
      const about = event.type === 'request_refused' ? first : target;
      recorded.actor = actor;
      if (about !== undefined) recorded.target = about;
      if ('changed' in event && event.changed !== undefined) recorded.changed = event.changed;
    }
    if (occasion.ip !== undefined) recorded.ip = occasion.ip;
    if (occasion.userAgent !== undefined) recorded.user_agent = shown(occasion.userAgent);
    if (occasion.durationMs !== undefined) recorded.duration_ms = Math.round(occasion.durationMs * 10) / 10;
    if (occasion.requestId !== undefined) recorded.request_id = occasion.requestId;
    if (event.type === 'audit_erased') recorded.count = event.count;
    if (occasion.aborted === true) recorded.aborted = true;
    const challenge = challengeOf(event, occasion.tried);
    if (challenge !== undefined) recorded.challenge = challenge;
    return recorded;
  });
}

/** Whom an event is about. */
function whomOf(event: ServiceEvent): Whom {
  const clientId = clientIdOf(event);
  return {
    ...(clientId !== undefined && { client_id: clientId }),
    ...('sub' in event && event.sub !== undefined && { sub: event.sub }),
    ...('grantId' in event && { grant_id: event.grantId }),
  };
}

/** What an operator has done something to. Undefined for what commands read. */
function targetOf(event: ServiceEvent, { route }: Occasion): Target | undefined {
  const { target: kind } = auditEventTypes[event.type];
  if (kind === undefined || (kind === 'route' && route === undefined)) return undefined;
  return { kind, ...(!Object.hasOwn(targetFields, kind) && defined({ id: idOf(event) ?? route })) };
}

/** The id of a target that no other field has. */
function idOf(event: ServiceEvent): string | undefined {
  if ('sid' in event) return event.sid;
  if ('keyId' in event) return event.keyId;
  return 'operatorId' in event ? event.operatorId : undefined;
}

/** An API introspects by its id, which is its client id. */
function clientIdOf(event: ServiceEvent): string | undefined {
  if ('apiId' in event) return event.apiId;
  return 'clientId' in event ? event.clientId : undefined;
}

function reasonOf(event: ServiceEvent): string | undefined {
  if ('reason' in event) return event.reason;
  if (event.type === 'tokens_refreshed' && event.repeated) return 'repeated';
  return event.type === 'keys_rotated' && event.immediately ? 'immediately' : undefined;
}

/** Hash of the issued or used challenge; a code's record id is a hash already. */
function challengeOf(event: ServiceEvent, tried: string | undefined): string | undefined {
  switch (event.type) {
    case 'code_issued':
      return event.challengeId.slice(0, challengeLength);
    case 'challenge_issued':
      return hashSecret(event.challengeId).slice(0, challengeLength);
    case 'code_redeemed':
    case 'challenge_redeemed':
    case 'session_begun':
    case 'wallet_linked':
    case 'request_refused':
      return tried === undefined ? undefined : hashSecret(tried).slice(0, challengeLength);
    default:
      return undefined;
  }
}

/** Most cached user agents: a browser's does not change between requests. */
const userAgentsAtMost = 500;
const userAgents = new Map<string, string>();

/** Without control characters, and without anything that looks like a credential. */
function shown(userAgent: string): string {
  const text = userAgent.length > longestUserAgent ? userAgent.slice(0, longestUserAgent) : userAgent;
  const known = userAgents.get(text);
  if (known !== undefined) return known;
  const clean = text.replaceAll(/\p{Cc}|\p{Cs}/gu, '').replaceAll(/[\w-]{32,}|eyJ[\w.-]+/g, '…');
  if (userAgents.size >= userAgentsAtMost) userAgents.clear();
  userAgents.set(text, clean);
  return clean;
}

let latest = { time: 0, text: '' };

/** Cached, because most requests of a busy service share their millisecond with another. */
function isoTime(time: number): string {
  const whole = Math.floor(time);
  if (latest.time !== whole) latest = { time: whole, text: new Date(whole).toISOString() };
  return latest.text;
}
