import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { maySignIn } from '../../domain/identity/user-store';
import type { Events } from '../../domain/events/events';
import { arrivalOf } from '../../platform/http/arrival';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { Parameters } from '../../platform/http/parameters';
import type { IssuedChallenge } from '../wallet/issued-challenge.openapi';
import { WalletError } from '../wallet/wallet-error';
import { challengeLimit, verifyBodyLimit, verifyLimit } from '../wallet/wallet-limits';
import { type RelyingParty, WalletLogins } from '../wallet/wallet-logins';
import { addressIn } from '../wallet/wallet.schemas';
import { Revocation } from './revocation';
import { LoginError } from './login-error';
import { FormProtection, isFromAnotherSite } from './csrf';
import { interruptedRequest, resumeLocation } from './interrupted-request';
import { LinkedWallets } from './linked-wallets';
import { pageFieldsIn } from './page-fields';
import { Sessions } from './sessions';
import { walletLoginChallengeOperation, walletLoginOperation } from './wallet-login.openapi';

/** The wallet button of the login page. Source: docs/http-api.md, section POST /login/wallet. */
@Controller()
export class WalletLoginController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly protection: FormProtection,
    private readonly logins: WalletLogins,
    private readonly wallets: LinkedWallets,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
    private readonly clock: Clock,
  ) {}

  /** Throws: {@link LoginError}, {@link WalletError}. */
  @Endpoint({
    method: 'POST',
    path: '/login/wallet/challenge',
    access: 'public',
    body: 'json',
    notJson: () => new WalletError('body_invalid'),
    status: 201,
    limit: { ...challengeLimit, subjectOf: addressInJson },
    describe: walletLoginChallengeOperation,
  })
  async challenge(request: FastifyRequest): Promise<IssuedChallenge> {
    const fields = pageFieldsIn(request.body);
    if (fields === undefined) throw new WalletError('body_invalid');
    this.protection.assertValid(request, fields.csrf);
    const client = await this.relyingParty(interruptedRequest(fields.request));
    request.events.concern({ clientId: client.clientId });
    const issued = await this.logins.begin(request.body, client);
    request.events.emit({ type: 'challenge_issued', clientId: client.clientId, challengeId: issued.nonce });
    return issued;
  }

  /** 303 to the interrupted request with a new session. Throws: {@link LoginError}, {@link WalletError}. */
  @Endpoint({
    method: 'POST',
    path: '/login/wallet',
    access: 'public',
    bodyLimit: verifyBodyLimit,
    body: 'form',
    limit: { ...verifyLimit, subjectOf: nonceInForm },
    step: { model: 'pkce', step: 'login', place: 2 },
    redeems: ({ body }) => (body instanceof Parameters ? body.get('nonce') : undefined),
    describe: walletLoginOperation,
  })
  async logIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const arrivedAt = arrivalOf(reply, this.clock.now());
    const form = formOf(request);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const interrupted = interruptedRequest(form.get('request'));
    const [nonce, signature] = [form.get('nonce'), form.get('signature')];
    const { clientId } = await this.relyingParty(interrupted);
    const { client, events } = request;
    events.concern({ clientId });
    const sessions = {
      find: (id: string) => this.sessions.findKnown(id),
      endReplayed: (id: string) => this.endReplayed(id, events),
    };
    const login = await this.logins.verify({ nonce, signature, clientId, arrivedAt, client, sessions });
    const { authentication: ofAccount, sessionId: id, messageHash, signatureHash } = login;
    const owner = await this.wallets.ownerOf(ofAccount);
    if (owner !== undefined) events.concern({ sub: owner.id });
    // As for an account whose logins have been ended.
    if (owner !== undefined && !maySignIn(owner)) throw new WalletError('challenge_used');
    const { authTime, accountProof } = ofAccount;
    const authentication = owner === undefined ? ofAccount : { sub: owner.id, amr: ['pop'], authTime };
    // The signature of an EOA is recognised by its key, where the session names it.
    const isNeeded = owner !== undefined || accountProof === 'code';
    await this.sessions.begin(reply, authentication, {
      id,
      messageHash,
      ...(isNeeded && { signatureHash }),
      redeem: async (session) => {
        const isValid = await this.logins.redeem(login, session);
        if (isValid && (owner === undefined || (await this.wallets.isStillValid(owner, login)))) return;
        await this.sessions.discard(session);
        throw new WalletError('challenge_used');
      },
    });
    events.emit({ type: 'session_begun', model: 'wallet', sub: authentication.sub });
    void reply.redirect(resumeLocation(interrupted, this.config), 303);
  }

  /** Ends the session wholly, including what would outlive it: the thief of the signature may have used any of it. */
  private async endReplayed(id: string, events: Events): Promise<void> {
    const session = await this.sessions.findKnown(id);
    if (session !== undefined) await this.revocation.endSession(session, { reason: 'replay', events }, true);
  }

  /** The relying party of the message: the client of the interrupted request or, without one, this server. */
  private async relyingParty(request: string): Promise<RelyingParty> {
    const clientId = Parameters.parse(request).get('client_id');
    const client = clientId === undefined ? undefined : await this.clients.find(clientId);
    return client ?? { clientId: this.config.issuer, name: 'Tessera' };
  }
}

function nonceInForm(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : (formOf(request).get('nonce') ?? '');
}

function addressInJson(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : addressIn(request.body);
}
