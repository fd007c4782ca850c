import { Controller, Inject } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientStore } from '../../domain/clients/client-store';
import type { Events } from '../../domain/events/events';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { arrivalOf } from '../../platform/http/arrival';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { Parameters } from '../../platform/http/parameters';
import { challengeIn } from '../passkey/credential.schemas';
import { PasskeyError } from '../passkey/passkey-error';
import { credentialBodyLimit, passkeyChallengeLimit, passkeyLoginLimit } from '../passkey/passkey-limits';
import { PasskeyLogins } from '../passkey/passkey-logins';
import { AccountError } from './account/account-error';
import { FormProtection, isFromAnotherSite } from './csrf';
import { interruptedRequest, resumeLocation } from './interrupted-request';
import { LoginError } from './login-error';
import { pageFieldsIn } from './page-fields';
import { passkeyLoginChallengeOperation, passkeyLoginOperation } from './passkey-login.openapi';
import { Revocation } from './revocation';
import { Sessions } from './sessions';

/** The passkey button of the login page, and its autofill. Source: docs/http-api.md, section POST /login/passkey. */
@Controller()
export class PasskeyLoginController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly protection: FormProtection,
    private readonly logins: PasskeyLogins,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
    private readonly clock: Clock,
  ) {}

  /** Throws: {@link AccountError} body_invalid, {@link LoginError}; 404 where passkeys are off. */
  @Endpoint({
    method: 'POST',
    path: '/login/passkey/challenge',
    access: 'public',
    body: 'json',
    notJson: () => new AccountError('body_invalid'),
    status: 201,
    limit: { ...passkeyChallengeLimit, subjectOf: noSubject },
    describe: passkeyLoginChallengeOperation,
  })
  async challenge(request: FastifyRequest, reply: FastifyReply): Promise<PublicKeyCredentialRequestOptionsJSON> {
    this.logins.assertOn();
    const fields = pageFieldsIn(request.body);
    if (fields === undefined) throw new AccountError('body_invalid');
    this.protection.assertValid(request, fields.csrf);
    const clientId = await this.clientIdOf(interruptedRequest(fields.request));
    const { events } = request;
    events.concern({ clientId });
    const options = await this.logins.begin({ browser: this.protection.browserOf(request, reply), clientId });
    events.emit({ type: 'challenge_issued', clientId, challengeId: options.challenge });
    return options;
  }

  /** 303 to the interrupted request with a new session. Throws: {@link LoginError}, {@link PasskeyError}. */
  @Endpoint({
    method: 'POST',
    path: '/login/passkey',
    access: 'public',
    bodyLimit: credentialBodyLimit,
    body: 'form',
    limit: { ...passkeyLoginLimit, subjectOf: challengeInForm },
    step: { model: 'pkce', step: 'login', place: 2 },
    redeems: ({ body }) => (body instanceof Parameters ? challengeIn(body.get('credential')) : undefined),
    describe: passkeyLoginOperation,
  })
  async logIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const arrivedAt = arrivalOf(reply, this.clock.now());
    this.logins.assertOn();
    const form = formOf(request);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const interrupted = interruptedRequest(form.get('request'));
    const clientId = await this.clientIdOf(interrupted);
    const { events } = request;
    events.concern({ clientId });
    const login = await this.logins.verify({
      credential: form.get('credential'),
      browser: this.protection.knownBrowser(request),
      clientId,
      arrivedAt,
      sessions: {
        find: (id) => this.sessions.findKnown(id),
        endReplayed: (id) => this.endReplayed(id, events),
      },
      events,
    });
    await this.sessions.begin(reply, login.authentication, {
      ...login.session,
      redeem: async (session) => {
        const refusal = await this.logins.redeem(login, session, events);
        if (refusal === undefined) return;
        await this.sessions.discard(session);
        throw new PasskeyError(refusal);
      },
    });
    events.emit({ type: 'session_begun', model: 'passkey', sub: login.authentication.sub });
    void reply.redirect(resumeLocation(interrupted, this.config), 303);
  }

  /** Ends the session wholly, including what would outlive it: the thief of the assertion may have used any of it. */
  private async endReplayed(id: string, events: Events): Promise<void> {
    const session = await this.sessions.findKnown(id);
    if (session !== undefined) await this.revocation.endSession(session, { reason: 'replay', events }, true);
  }

  /** The client of the interrupted request or, without one, this server. */
  private async clientIdOf(request: string): Promise<string> {
    const clientId = Parameters.parse(request).get('client_id');
    const client = clientId === undefined ? undefined : await this.clients.find(clientId);
    return client?.clientId ?? this.config.issuer;
  }
}

/** Nobody is known yet: only the IP address counts. A cross-site request is refused anyway. */
function noSubject(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : '';
}

function challengeInForm(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : (challengeIn(formOf(request).get('credential')) ?? '');
}
