import { Injectable } from '@nestjs/common';
import { AccessRequests } from '../apis/access-requests';
import type { Client } from '../clients/client';
import { Parameters } from '../http/parameters';
import { ProtocolError } from '../http/protocol-error';
import { interruptedRequest } from '../login/interrupted-request';
import { pushedRequestLifetime, PushedRequests } from '../login/pushed-requests';
import { AuthorizationError } from './authorization-error';
import { authorizationParameters, checkAuthorizationRequest } from './authorization-request';

/** Source: RFC 9126 §2.2. */
export interface PushedResponse {
  readonly request_uri: string;
  /** Seconds. */
  readonly expires_in: number;
}

/** Keeps an authorization request that its client sends ahead, once it is one that `/authorize` would take. Source: RFC 9126 §2.1. */
@Injectable()
export class PushRequestFlow {
  constructor(
    private readonly access: AccessRequests,
    private readonly pushedRequests: PushedRequests,
  ) {}

  /** `form`: as the client, which has authenticated, sent it. Throws: OAuthError, LoginError request_too_long, and what `/authorize` would say by redirect. */
  async push(client: Client, form: Parameters): Promise<PushedResponse> {
    await this.check(client, form);
    // The client is the one that has authenticated; how it did must not be kept.
    const { clientId } = client;
    const ofClient = new URLSearchParams({ client_id: clientId }).toString();
    const asked = form.only(...authorizationParameters.filter((name) => name !== 'client_id'));
    const request = interruptedRequest(`${ofClient}&${asked}`);
    return { request_uri: await this.pushedRequests.push(clientId, request), expires_in: pushedRequestLifetime };
  }

  private async check(client: Client, form: Parameters): Promise<void> {
    try {
      await checkAuthorizationRequest(
        form,
        () => client,
        (_client, asked) => this.access.decide(client, asked),
      );
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      throw new ProtocolError({ status: 400, error: error.error, description: error.message }, error.reason);
    }
  }
}
