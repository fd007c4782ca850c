import { Inject, Injectable } from '@nestjs/common';
import type { Events } from '../../domain/events/events';
import type { GrantedResource } from '../../domain/apis/granted-audience';
import type { Client } from '../../domain/clients/client';
import { ClientUses } from '../../domain/clients/client-uses';
import { fapi2CodeLifetime, isOfFapi2 } from '../../domain/clients/fapi2';
import { isOwnScope } from '../../domain/clients/scope';
import { asksForPhr, phr } from '../login/acr';
import { type Consent, ConsentStore } from '../login/consent-store';
import { PushedRequests, type ShownRequest } from '../login/pushed-requests';
import type { Session } from '../../domain/challenges/session';
import { SessionStore } from '../login/session-store';
import type { AuthorizationCode } from '../../domain/challenges/challenge';
import { accessEndOf } from '../../domain/challenges/not-before';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { hashSecret, newSecret } from '../../domain/credentials/secret';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { AuthorizationError } from './authorization-error';
import type { AuthorizationRequest } from './authorization-request';
import { OAuthError } from './oauth-error';

/** A request as received: in the query, or pushed before. */
export type SentRequest = AuthorizationRequest & { readonly pushed?: ShownRequest };

/** The browser's next step. */
export type AuthorizationStep =
  | { readonly step: 'login' }
  | { readonly step: 'consent'; readonly session: Session }
  | { readonly step: 'redirect'; readonly location: string };

/**
 * From a request and possibly a session to a code: the client committed to a hash, and the server stores it. Source: RFC 7636
 * §4.4.
 */
@Injectable()
export class AuthorizeFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly consents: ConsentStore,
    private readonly pushedRequests: PushedRequests,
    private readonly sessions: SessionStore,
    private readonly uses: ClientUses,
  ) {}

  /**
   * Throws: {@link AuthorizationError} when `prompt=none` forbids a page that is needed; {@link OAuthError} for a pushed
   * request that already became a code or belongs to another browser.
   */
  async authorize(request: SentRequest, session: Session | undefined, events: Events): Promise<AuthorizationStep> {
    const { clientId } = request.client;
    const silent = request.prompt.includes('none');
    const mustLogIn = session === undefined || this.mustLogInAgain(request, session);
    if (mustLogIn || this.mustShowPasskey(request, session)) {
      if (silent) throw new AuthorizationError(mustLogIn ? 'login_required' : 'acr_unmet', request);
      await this.open(request);
      events.emit({ type: 'login_asked', clientId });
      return { step: 'login' };
    }
    if (await this.needsConsent(request, session)) {
      if (silent) throw new AuthorizationError('consent_required', request);
      await this.open(request);
      events.emit({ type: 'consent_asked', clientId, sub: session.authentication.sub });
      return { step: 'consent', session };
    }
    return { step: 'redirect', location: await this.issueCode(request, session, events) };
  }

  /** Saves the end-user's consent and issues the code. */
  async consent(request: SentRequest, session: Session, events: Events): Promise<string> {
    const { sub } = session.authentication;
    const { clientId } = request.client;
    await this.consents.allow({ sub, clientId, ...this.asked(request), createdAt: this.clock.now() });
    events.emit({ type: 'consent_given', clientId, sub });
    return this.issueCode(request, session, events);
  }

  /** Saves the challenge and returns the redirect with its code. Source: RFC 6749 §4.1.2, RFC 9207 §2. */
  private async issueCode(request: SentRequest, session: Session, events: Events): Promise<string> {
    const { clientId } = request.client;
    const { client } = request;
    if (client.expiresAt !== undefined) await this.uses.record(client, request.scope);
    if (client.backchannelLogoutUri !== undefined) await this.enlist(client, session);
    const code = newSecret();
    const id = hashSecret(code);
    const now = this.clock.now();
    // From the session as read before the consent: an end of the access between then and now ends the code.
    const accessEnd = accessEndOf(session, clientId);
    await this.keep(request, {
      kind: 'authorization_code',
      id,
      clientId,
      redirectUri: request.redirectUri,
      codeChallenge: request.codeChallenge,
      scope: request.scope,
      ...(request.audience !== undefined && { audience: request.audience }),
      ...(request.oidcNonce !== undefined && { oidcNonce: request.oidcNonce }),
      ...(request.dpopJkt !== undefined && { dpopJkt: request.dpopJkt }),
      authentication: session.authentication,
      sessionId: session.id,
      ...(accessEnd !== undefined && { accessEnd }),
      createdAt: now,
      expiresAt: now + this.codeLifetime(request) * 1000,
      ...(events.trace !== undefined && { trace: events.trace }),
    });
    events.emit({ type: 'code_issued', clientId, sub: session.authentication.sub, challengeId: id });
    return redirectTo(request, { code, iss: this.config.issuer });
  }

  /** Of two concurrent openings of a pushed request, only one becomes a code. */
  private async keep({ pushed }: SentRequest, code: AuthorizationCode): Promise<void> {
    if (pushed === undefined) return this.challenges.save(code);
    if (!(await this.pushedRequests.redeem(pushed, code))) throw new OAuthError('request_uri_unknown');
  }

  /** A client with back-channel logout is registered with the session before it learns of it. */
  private async enlist({ clientId }: Client, { id, clients = [] }: Session): Promise<void> {
    const isListed = clients.some((each) => each.sid === id && each.clientId === clientId);
    if (isListed) return;
    await this.sessions.addClient(id, { sid: id, clientId });
  }

  /** Source: OpenID Connect Core Error Code unmet_authentication_requirements 1.0. */
  private mustShowPasskey({ acrValues }: SentRequest, { authentication }: Session): boolean {
    return asksForPhr(acrValues, this.config) && authentication.acr !== phr;
  }

  /** Seconds. */
  private codeLifetime({ client }: SentRequest): number {
    const { authorizationCodeTtl } = this.config;
    return isOfFapi2(client) ? Math.min(authorizationCodeTtl, fapi2CodeLifetime) : authorizationCodeTtl;
  }

  /** From its first page on, a pushed request belongs to the browser that it was shown in. */
  private async open({ pushed }: SentRequest): Promise<void> {
    const isOpen = pushed === undefined || (await this.pushedRequests.open(pushed));
    if (!isOpen) throw new OAuthError('request_uri_unknown');
  }

  private mustLogInAgain({ prompt, maxAge, pushed }: SentRequest, session: Session): boolean {
    // `prompt` cannot be removed from a pushed request once satisfied: the session must be younger than the opening instead.
    const openedAt = pushed?.record.kind === 'opened_request' ? pushed.record.createdAt : undefined;
    if (openedAt !== undefined && session.createdAt >= openedAt) return false;
    const age = Math.floor(this.clock.now() / 1000) - session.authentication.authTime;
    // max_age=0 asks for a login whatever the session's age. Source: OpenID Connect Core §3.1.2.1.
    const isTooOld = maxAge !== undefined && (maxAge === 0 || age > maxAge);
    return ['login', 'select_account', 'create'].some((each) => prompt.includes(each)) || isTooOld;
  }

  private async needsConsent(request: AuthorizationRequest, session: Session): Promise<boolean> {
    const { client, prompt, redirectUri } = request;
    if (prompt.includes('consent')) return true;
    // Any program on the machine can claim a redirect URI that is not https and so impersonate this client. Source: RFC 8252
    // §8.6.
    const { production } = this.config;
    if (production && client.authentication === 'none' && new URL(redirectUri).protocol !== 'https:') return true;
    if (client.firstParty) return false;
    const given = await this.consents.find(session.authentication.sub, client.clientId, this.clock.now());
    return given === undefined || !covers(given, this.asked(request));
  }

  /** The part of the request that the end-user must consent to, by API. */
  private asked({ scope, audience }: AuthorizationRequest): Pick<Consent, 'scope' | 'resources'> {
    const resources = audience?.resources.filter(({ identifier }) => identifier !== this.config.issuer) ?? [];
    return { scope: scope.filter(isOwnScope), resources };
  }
}

/** True when the consent includes everything requested, at the same API. */
function covers(given: Consent, asked: Pick<Consent, 'scope' | 'resources'>): boolean {
  const isGiven = ({ identifier, scope }: GrantedResource) => {
    const at = given.resources.find((each) => each.identifier === identifier);
    return at !== undefined && scope.every((name) => at.scope.includes(name));
  };
  return asked.scope.every((name) => given.scope.includes(name)) && asked.resources.every(isGiven);
}

/** The redirect URI with the response parameters, and the request's state if it had one. */
export function redirectTo(
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  answer: Readonly<Record<string, string>>,
): string {
  let location = redirectUri + (redirectUri.includes('?') ? '&' : '?');
  let separator = '';
  for (const name in answer) {
    location += `${separator}${name}=${encodeURIComponent(answer[name] ?? '')}`;
    separator = '&';
  }
  return state === undefined ? location : `${location}&state=${encodeURIComponent(state)}`;
}
