import { Inject, Injectable } from '@nestjs/common';
import { AccessRequests } from '../../domain/apis/access-requests';
import type { Client } from '../../domain/clients/client';
import { CONFIG, type Config } from '../../platform/config';
import { Parameters } from '../../platform/http/parameters';
import { ProtocolError } from '../../platform/http/protocol-error';
import { interruptedRequest } from '../login/interrupted-request';
import { pushedRequestLifetime, PushedRequests } from '../login/pushed-requests';
import { DpopError } from '../../domain/tokens/dpop-error';
import { DpopProofs, unlessReplayed } from '../../domain/tokens/dpop-proofs';
import type { DpopRequest } from '../../domain/tokens/dpop-request';
import { AuthorizationError } from './authorization-error';
import { checkAuthorizationRequest } from './authorization-request';
import { authorizationRequest } from './authorize.openapi';
import { OAuthError } from './oauth-error';
import type { PushedResponse } from './par.openapi';

/** Parameters stored as sent; the client's key is added. */
const keptParameters = Object.keys(authorizationRequest.omit({ client_id: true, dpop_jkt: true }).shape);

/** Saves a pushed authorization request after the checks of `/authorize`. Source: RFC 9126 §2.1. */
@Injectable()
export class PushRequestFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly access: AccessRequests,
    private readonly pushedRequests: PushedRequests,
    private readonly dpop: DpopProofs,
  ) {}

  /**
   * `form`: from an authenticated client. Throws: OAuthError, DpopError, LoginError request_too_long, and the errors that
   * `/authorize` sends by redirect.
   */
  async push(client: Client, form: Parameters, dpop: DpopRequest): Promise<PushedResponse> {
    // Source: RFC 9126 §2.1, step 2.
    if (form.get('request_uri') !== undefined) throw new OAuthError('request_uri_unsupported');
    await this.check(client, form);
    const proof = this.dpop.read(dpop, client);
    const bound = boundTo(form.get('dpop_jkt'), proof?.jkt);
    // The client's credentials must not be stored.
    const request = interruptedRequest(`${form.only(...keptParameters)}${bound}`);
    const pushing = this.pushedRequests.push(client.clientId, request, proof?.used);
    return { request_uri: await unlessReplayed(pushing), expires_in: pushedRequestLifetime };
  }

  private async check(client: Client, form: Parameters): Promise<void> {
    try {
      await checkAuthorizationRequest(
        form,
        () => client,
        (_client, asked) => this.access.decide(client, asked),
        this.config,
      );
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      throw new ProtocolError({ status: 400, error: error.error, description: error.message }, error.reason);
    }
  }
}

/** The key that the code is bound to: a proven key counts like a named one. Source: RFC 9449 §10.1. */
function boundTo(named: string | undefined, proven: string | undefined): string {
  if (named !== undefined && proven !== undefined && named !== proven) throw new DpopError('dpop_key_mismatch');
  const jkt = proven ?? named;
  return jkt === undefined ? '' : `&${new URLSearchParams({ dpop_jkt: jkt })}`;
}
