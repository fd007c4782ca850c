import { Injectable } from '@nestjs/common';
import type { AuthorizationCode, OpenedRequest, PushedRequest, UsedDpopProof } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { grantIdFor } from '../../domain/challenges/grant';
import { Clock } from '../../platform/clock';
import { hashSecret, newSecret } from '../../domain/credentials/secret';
import { Parameters } from '../../platform/http/parameters';

/** Seconds in which a browser must open a pushed request. Source: RFC 9126 §2.2. */
export const pushedRequestLifetime = 60;
const openedRequestMs = 3_600_000;

const prefix = 'urn:ietf:params:oauth:request_uri:';
const ours = /^urn:ietf:params:oauth:request_uri:([\w-]{43})$/;

/** A pushed request that this browser may use. */
export interface FoundRequest {
  readonly record: PushedRequest | OpenedRequest;
  readonly parameters: Parameters;
}

/** A pushed request, shown by the one browser that may use it. */
export interface ShownRequest extends FoundRequest {
  /** The result of FormProtection.browserOf. */
  readonly browser: string;
}

/** Why a request_uri is invalid. */
export type RequestUriRefusal = 'request_uri_unknown' | 'request_uri_expired';

/** True for a reference to a pushed request, ours or another server's. Source: RFC 9126 §2.2. */
export function isPushedReference(requestUri: string): boolean {
  return requestUri.startsWith(prefix);
}

/**
 * Pushed authorization requests. The browser that opens one first owns it, through reloads and the login, until it has become a
 * code. Source: RFC 9126 §2.2, §4; FAPI 2.0 Security Profile §5.3.2.2.
 */
@Injectable()
export class PushedRequests {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Saves the request, a query, together with its DPoP proof, and returns its request_uri. Throws: ChallengeIdTakenError when
   * the proof was used before; nothing is saved then.
   */
  async push(clientId: string, request: string, proof?: UsedDpopProof): Promise<string> {
    const secret = newSecret();
    const createdAt = this.clock.now();
    const expiresAt = createdAt + pushedRequestLifetime * 1000;
    const kind = 'pushed_request';
    const pushed: PushedRequest = { kind, id: hashSecret(secret), clientId, request, createdAt, expiresAt };
    await this.challenges.save(...(proof === undefined ? [] : [proof]), pushed);
    return prefix + secret;
  }

  /** The request of the request_uri, if this browser may use or open it. `browser` is undefined without a cookie. */
  async find(
    requestUri: string,
    clientId: string,
    browser: string | undefined,
  ): Promise<FoundRequest | RequestUriRefusal> {
    const [, secret] = ours.exec(requestUri) ?? [];
    if (secret === undefined) return 'request_uri_unknown';
    const id = hashSecret(secret);
    const record = (await this.challenges.find('pushed_request', id)) ?? (await this.findOpened(id));
    if (record?.clientId !== clientId || !isFor(browser, record)) return 'request_uri_unknown';
    if (record.expiresAt <= this.clock.now()) return 'request_uri_expired';
    return { record, parameters: Parameters.parse(record.request) };
  }

  /** Binds the request to this browser; false when another one was faster. */
  async open({ record, browser }: ShownRequest): Promise<boolean> {
    if (record.kind === 'opened_request') return true;
    const { id, clientId, request } = record;
    const now = this.clock.now();
    const successor: OpenedRequest = {
      kind: 'opened_request',
      id: grantIdFor('pushed_request', id),
      clientId,
      request,
      browser,
      createdAt: now,
      expiresAt: now + openedRequestMs,
    };
    const begin = () => ({ successor });
    if ((await this.challenges.redeem('pushed_request', id, { clientId }, now, begin)) !== undefined) return true;
    const opened = await this.findOpened(id);
    return opened !== undefined && isFor(browser, opened);
  }

  /** Redeems the request for its one code; false when it already became one or belongs to another browser. */
  async redeem({ record, browser }: ShownRequest, code: AuthorizationCode): Promise<boolean> {
    const { id, clientId } = record;
    const now = this.clock.now();
    const begin = () => ({ successor: code });
    const redeemed =
      record.kind === 'opened_request'
        ? await this.challenges.redeem('opened_request', id, { clientId, browser }, now, begin)
        : await this.challenges.redeem('pushed_request', id, { clientId }, now, begin);
    return redeemed !== undefined;
  }

  private async findOpened(id: string): Promise<OpenedRequest | undefined> {
    return this.challenges.findSuccessor('opened_request', grantIdFor('pushed_request', id));
  }
}

function isFor(browser: string | undefined, record: PushedRequest | OpenedRequest): boolean {
  return record.kind === 'pushed_request' || record.browser === browser;
}
