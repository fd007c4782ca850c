import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ClientStore } from '../../domain/clients/client-store';
import { UserStore } from '../../domain/identity/user-store';
import { CONFIG, type Config } from '../../platform/config';
import { Parameters } from '../../platform/http/parameters';
import { page } from '../../platform/pages/page';
import { PageRenderer } from '../../platform/pages/page-renderer';
import { sendPage } from '../../platform/pages/send-page';
import { asksForPhr } from './acr';
import { FormProtection } from './csrf';
import { isPushedReference, PushedRequests } from './pushed-requests';
import { Sessions } from './sessions';

/** Characters of a sent username that the form shows again. */
const maxUsernameLength = 200;

const loginForm = page<{
  readonly csrf: string;
  /** Query of the interrupted authorization request; empty without one. */
  readonly request: string;
  readonly username: string;
  /** Undefined when the request names no known client. */
  readonly clientName: string | undefined;
  /** Whether a login has just failed. */
  readonly failed: boolean;
  /** Whether passkeys are on. */
  readonly passkeys: boolean;
  /** Whether anybody may make an account. */
  readonly signUp: boolean;
}>('protocols/login/views/login');

/** For a request that nothing but a passkey satisfies. */
const passkeyForm = page<{
  readonly csrf: string;
  readonly request: string;
  readonly clientName: string | undefined;
  /** Whether somebody is signed in who has no passkey. */
  readonly lacksPasskey: boolean;
}>('protocols/login/views/login-passkey');

/** Shows the login form, at first and after a failed login. */
@Injectable()
export class LoginPage {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly users: UserStore,
    private readonly sessions: Sessions,
    private readonly protection: FormProtection,
    private readonly pushedRequests: PushedRequests,
    private readonly pages: PageRenderer,
  ) {}

  /**
   * `request` is the interrupted authorization request; its `login_hint` prefills the username. When it asks for `phr`, the page
   * offers passkeys alone.
   */
  async show(reply: FastifyReply, request: string): Promise<void> {
    const parameters = await this.parametersOf(reply, request);
    if (asksForPhr(parameters.get('acr_values'), this.config)) return this.showPasskeys(reply, request);
    const hint = parameters.get('login_hint') ?? '';
    await this.send(reply, 200, { request, username: hint, failed: false });
  }

  async showFailed(reply: FastifyReply, request: string, username: string): Promise<void> {
    await this.send(reply, 401, { request, username, failed: true });
  }

  private async showPasskeys(reply: FastifyReply, request: string): Promise<void> {
    const clientName = await this.clientNameOf(request);
    const csrf = this.protection.issue(reply.request, reply);
    const session = await this.sessions.current(reply.request);
    const user = session && (await this.users.find(session.authentication.sub));
    const lacksPasskey = session !== undefined && (user?.passkeys ?? []).length === 0;
    sendPage(reply, 200, this.pages.render(passkeyForm, { csrf, request, clientName, lacksPasskey }));
  }

  private async send(
    reply: FastifyReply,
    status: number,
    form: { request: string; username: string; failed: boolean },
  ): Promise<void> {
    const clientName = await this.clientNameOf(form.request);
    const csrf = this.protection.issue(reply.request, reply);
    const username = form.username.slice(0, maxUsernameLength);
    const { rpId, signUp } = this.config;
    const passkeys = rpId !== undefined;
    sendPage(reply, status, this.pages.render(loginForm, { ...form, username, csrf, clientName, passkeys, signUp }));
  }

  /** The parameters of the request; for a reference, those of the pushed request. */
  private async parametersOf(reply: FastifyReply, request: string): Promise<Parameters> {
    const parameters = Parameters.parse(request);
    const [requestUri = '', clientId = ''] = [parameters.get('request_uri'), parameters.get('client_id')];
    if (!isPushedReference(requestUri)) return parameters;
    const browser = this.protection.browserOf(reply.request, reply);
    const pushed = await this.pushedRequests.find(requestUri, clientId, browser);
    return typeof pushed === 'string' ? parameters : pushed.parameters;
  }

  private async clientNameOf(request: string): Promise<string | undefined> {
    const clientId = Parameters.parse(request).get('client_id');
    return clientId === undefined ? undefined : (await this.clients.find(clientId))?.name;
  }
}
