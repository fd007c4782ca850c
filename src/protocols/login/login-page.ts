import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ClientStore } from '../../domain/clients/client-store';
import { Parameters } from '../../platform/http/parameters';
import { page } from '../../platform/pages/page';
import { PageRenderer } from '../../platform/pages/page-renderer';
import { sendPage } from '../../platform/pages/send-page';
import { FormProtection } from './csrf';
import { isPushedReference, PushedRequests } from './pushed-requests';

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
}>('protocols/login/views/login');

/** Shows the login form, at first and after a failed login. */
@Injectable()
export class LoginPage {
  constructor(
    private readonly clients: ClientStore,
    private readonly protection: FormProtection,
    private readonly pushedRequests: PushedRequests,
    private readonly pages: PageRenderer,
  ) {}

  /** `request` is the interrupted authorization request; its `login_hint` prefills the username. */
  async show(reply: FastifyReply, request: string): Promise<void> {
    const parameters = await this.parametersOf(reply, request);
    const hint = parameters.get('login_hint') ?? '';
    await this.send(reply, 200, { request, username: hint, failed: false });
  }

  async showFailed(reply: FastifyReply, request: string, username: string): Promise<void> {
    await this.send(reply, 401, { request, username, failed: true });
  }

  private async send(
    reply: FastifyReply,
    status: number,
    form: { request: string; username: string; failed: boolean },
  ): Promise<void> {
    const clientName = await this.clientNameOf(form.request);
    const csrf = this.protection.issue(reply.request, reply);
    const username = form.username.slice(0, maxUsernameLength);
    sendPage(reply, status, this.pages.render(loginForm, { ...form, username, csrf, clientName }));
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
