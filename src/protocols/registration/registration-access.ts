import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { showsToken } from '../../domain/credentials/bearer-token';
import { assertRole, Operators } from '../../domain/operators/operators';
import { RegistrationError } from './registration-error';

/** Decides who may register a client. */
@Injectable()
export class RegistrationAccess implements Guard<boolean> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operators: Operators,
  ) {}

  /**
   * True with an initial access token; false without one, where registration is open. Throws: {@link RegistrationError}
   * registration_token_required, OperatorError, or 429 for guesses. Source: RFC 7591 §3.
   */
  async admit(request: FastifyRequest): Promise<boolean> {
    const { registration, registrationToken, issuer } = this.config;
    const { authorization } = request.headers;
    if (registrationToken !== undefined && showsToken(authorization, registrationToken)) return true;
    if (registration === 'open') return false;
    const acting = await this.operators.shownBy(request);
    if (acting !== undefined) {
      assertRole(acting, 'admin');
      return true;
    }
    const challenge = `Bearer realm="${issuer}"${authorization === undefined ? '' : ', error="invalid_token"'}`;
    throw new RegistrationError('registration_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

/** Requires an initial access token unless registration is open; the caller is whether one was shown. */
export const registrant: Access<boolean> = {
  by: 'initial access token',
  security: [{}, { bearer: [] }],
  guard: RegistrationAccess,
};
