import { hashSecret } from '../../domain/credentials/secret';
import type { ServiceEvent } from '../../domain/events/event';
import { type AuditEvent, auditEventTypes } from './audit-event';

/** What a request adds to all of its events; a command line has none. */
export interface Occasion {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly requestId?: string | undefined;
  /** That of the endpoint. */
  readonly model?: 'pkce' | 'wallet' | undefined;
  readonly aborted?: boolean | undefined;
  /** The code or nonce that was tried. */
  readonly tried?: string | undefined;
}

type Told = { -readonly [Name in keyof AuditEvent]: AuditEvent[Name] };

const longestUserAgent = 256;
/** Of the hash of a code or nonce, in base64url: 72 bits, which tell any two apart. */
const challengeLength = 12;

/**
 * The events of one request as the trail keeps them. What one of them says of client, subject and grant, the refusal
 * after it says too: or a replay would be known of its grant alone, and a person erased in one place and not in the other.
 * `now`: milliseconds since the epoch.
 */
export function toAuditEvents(
  events: readonly ServiceEvent[],
  occasion: Occasion,
  now: number,
  nextId: (time: number) => string,
): AuditEvent[] {
  const time = isoTime(now);
  const whom: Pick<Told, 'client_id' | 'sub' | 'grant_id'> = {};
  return events.map((event) => {
    const { outcome, model } = auditEventTypes[event.type];
    const told: Told = { id: nextId(now), time, type: event.type, outcome };
    const modelTold = 'model' in event ? event.model : model === 'step' ? occasion.model : model;
    if (modelTold !== undefined) told.model = modelTold;
    if (event.type === 'request_refused') Object.assign(told, whom);
    const clientId = clientIdOf(event);
    if (clientId !== undefined) told.client_id = whom.client_id = clientId;
    if ('sub' in event && event.sub !== undefined) told.sub = whom.sub = event.sub;
    if ('grantId' in event) told.grant_id = whom.grant_id = event.grantId;
    const reason = reasonOf(event);
    if (reason !== undefined) told.reason = reason;
    if (occasion.ip !== undefined) told.ip = occasion.ip;
    if (occasion.userAgent !== undefined) told.user_agent = shown(occasion.userAgent);
    if (occasion.durationMs !== undefined) told.duration_ms = Math.round(occasion.durationMs * 10) / 10;
    if (occasion.requestId !== undefined) told.request_id = occasion.requestId;
    if (event.type === 'audit_erased') told.count = event.count;
    if (occasion.aborted === true) told.aborted = true;
    const challenge = challengeOf(event, occasion.tried);
    if (challenge !== undefined) told.challenge = challenge;
    return told;
  });
}

/** An API introspects by its id, so that is its client id. */
function clientIdOf(event: ServiceEvent): string | undefined {
  if ('apiId' in event) return event.apiId;
  return 'clientId' in event ? event.clientId : undefined;
}

function reasonOf(event: ServiceEvent): string | undefined {
  if ('reason' in event) return event.reason;
  if (event.type === 'tokens_refreshed' && event.repeated) return 'repeated';
  return event.type === 'keys_rotated' && event.immediately ? 'immediately' : undefined;
}

/** What was issued, or tried; that of a code is the beginning of its record's id, which is a hash already. */
function challengeOf(event: ServiceEvent, tried: string | undefined): string | undefined {
  switch (event.type) {
    case 'code_issued':
      return event.challengeId.slice(0, challengeLength);
    case 'challenge_issued':
      return hashSecret(event.challengeId).slice(0, challengeLength);
    case 'code_redeemed':
    case 'challenge_redeemed':
    case 'session_begun':
    case 'request_refused':
      return tried === undefined ? undefined : hashSecret(tried).slice(0, challengeLength);
    default:
      return undefined;
  }
}

/** So many are remembered: what a browser calls itself does not change with every request. */
const userAgentsAtMost = 500;
const userAgents = new Map<string, string>();

/** Without control characters, and without what may be a credential that somebody has put there. */
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

/** Most requests of a busy service end in the same millisecond as another. */
function isoTime(time: number): string {
  const whole = Math.floor(time);
  if (latest.time !== whole) latest = { time: whole, text: new Date(whole).toISOString() };
  return latest.text;
}
