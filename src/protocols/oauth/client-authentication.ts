import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import { ChallengeIdTakenError, ChallengeStore } from '../../domain/challenges/challenge-store';
import { hashSecret } from '../../domain/credentials/secret';
import type { Client } from '../../domain/clients/client';
import { ClientKeys } from '../../domain/clients/client-keys';
import { secretMatches } from '../../domain/clients/client-secrets';
import { ClientStore } from '../../domain/clients/client-store';
import { fapi2ClientAlgorithms, isOfFapi2 } from '../../domain/clients/fapi2';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { formOf } from '../../platform/http/bodies';
import { isTooDeep } from '../../platform/http/json';
import type { Parameters } from '../../platform/http/parameters';
import { ProtocolError } from '../../platform/http/protocol-error';
import { OAuthError } from './oauth-error';

export const clientAuthenticationMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'];
/** EdDSA has two names. Source: RFC 9864 §2.2. */
export const clientAssertionAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds. */
const longestAssertionLifetime = 300;
/** Seconds by which a client's clock may be ahead of ours. Source: FAPI 2.0 Security Profile §5.3.2.1. */
const clockSkew = 10;

/** The client's credentials, by authentication method. */
type Credentials =
  | { readonly method: 'none'; readonly clientId: string }
  | { readonly method: 'client_secret'; readonly clientId: string; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly clientId: string; readonly assertion: string };

/** Authenticates the calling client. Source: RFC 6749 §2.3, RFC 7523 §3. */
@Injectable()
export class ClientAuthentication implements Guard<Client> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly keys: ClientKeys,
    private readonly challenges: ChallengeStore,
  ) {}

  /** Accepted audiences of an assertion: the issuer, and the endpoints where clients authenticate. */
  private get audiences(): string[] {
    return ['', '/token', '/par', '/revoke', '/introspect'].map((path) => this.config.issuer + path);
  }

  /** Throws: {@link OAuthError}; the same one for an unknown client and for wrong credentials. */
  async authenticate(authorization: string | undefined, form: Parameters): Promise<Client> {
    const credentials = readCredentials(authorization, form);
    if (credentials !== undefined) {
      const client = await this.clients.find(credentials.clientId);
      if (client !== undefined && (await this.proves(client, credentials))) return client;
    }
    throw this.failure();
  }

  /** The request's client; also reports it to the request's events. */
  async admit(request: FastifyRequest): Promise<Client> {
    const client = await this.authenticate(request.headers.authorization, formOf(request));
    request.events.concern({ clientId: client.clientId });
    return client;
  }

  /** Source: RFC 6749 §5.2, RFC 9110 §15.5.2. */
  failure(): OAuthError {
    const challenge = `Basic realm="${this.config.issuer}"`;
    return new OAuthError('client_authentication_failed', { headers: { 'www-authenticate': challenge } });
  }

  private async proves(client: Client, credentials: Credentials): Promise<boolean> {
    if (client.authentication !== credentials.method) return false;
    if (credentials.method === 'none') return true;
    if (credentials.method === 'private_key_jwt') return this.assertionIsValid(client, credentials.assertion);
    return secretMatches(client, credentials.secret, this.clock.now());
  }

  /** True for an assertion signed by the client, meant for us, short-lived, and never seen before. Source: RFC 7523 §3. */
  private async assertionIsValid(client: Client, assertion: string): Promise<boolean> {
    const payload = await this.verified(client, assertion);
    const { exp = 0, iat = 0, jti } = payload ?? {};
    const now = this.clock.now() / 1000;
    // The tolerance applies only to clocks ahead of ours: an expired assertion must not be valid longer than its jti is stored.
    const isTimely = exp > now && exp <= now + longestAssertionLifetime && iat <= now + clockSkew;
    if (typeof jti !== 'string' || !isTimely) return false;
    return this.isFirstUse(client.clientId, jti, exp * 1000);
  }

  /** The claims, if the client signed them, they are about it, and they are meant for us. */
  private async verified(client: Client, assertion: string): Promise<JWTPayload | undefined> {
    const isStrict = isOfFapi2(client);
    const result = await jwtVerify(assertion, this.keys.of(client), {
      algorithms: isStrict ? fapi2ClientAlgorithms : clientAssertionAlgorithms,
      issuer: client.clientId,
      subject: client.clientId,
      // Endpoint URLs are accepted, too, except from a FAPI 2.0 client. Source: RFC 9126 §2.
      audience: isStrict ? this.config.issuer : this.audiences,
      requiredClaims: ['exp', 'jti'],
      clockTolerance: clockSkew,
      currentDate: new Date(this.clock.now()),
    }).catch((error: unknown) => {
      if (error instanceof ProtocolError) throw error;
      return undefined;
    });
    // FAPI 2.0 requires the issuer as a single string. Source: FAPI 2.0 Security Profile §5.3.2.1.
    return isStrict && typeof result?.payload.aud !== 'string' ? undefined : result?.payload;
  }

  private async isFirstUse(clientId: string, jti: string, expiresAt: number): Promise<boolean> {
    const id = hashSecret(`${clientId} ${jti}`);
    try {
      await this.challenges.save({ kind: 'client_assertion', id, clientId, createdAt: this.clock.now(), expiresAt });
      return true;
    } catch (error) {
      if (error instanceof ChallengeIdTakenError) return false;
      throw error;
    }
  }
}

/** Requires a client: by its credentials, or by its id alone if it is public. */
export const client: Access<Client> = {
  by: 'client',
  security: [{ basic: [] }, {}],
  guard: ClientAuthentication,
};

/** Throws: {@link OAuthError} for a repeated parameter other than `except`. Source: RFC 6749 §3.2, RFC 8707 §2. */
export function assertNoneRepeated(request: FastifyRequest, except?: string): void {
  if (formOf(request).hasRepeated(except)) throw new OAuthError('parameter_repeated');
}

/** Throws: {@link OAuthError} when more than one method is used, which RFC 6749 §2.3 forbids. */
export function readCredentials(authorization: string | undefined, form: Parameters): Credentials | undefined {
  const clientId = form.get('client_id');
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  if ([authorization, secret, assertion].filter((each) => each !== undefined).length > 1) {
    throw new OAuthError('client_authentication_repeated');
  }
  if (authorization !== undefined) return basicCredentials(authorization, clientId);
  if (assertion !== undefined) {
    const subject = form.get('client_assertion_type') === assertionType ? subjectOf(assertion) : undefined;
    if (subject === undefined || (clientId !== undefined && clientId !== subject)) return undefined;
    return { method: 'private_key_jwt', clientId: subject, assertion };
  }
  if (clientId === undefined) return undefined;
  return secret === undefined ? { method: 'none', clientId } : { method: 'client_secret', clientId, secret };
}

/** The unverified client id of a request; empty when it names none, or several. */
export function clientIdOf(request: FastifyRequest): string {
  const form = formOf(request);
  try {
    return readCredentials(request.headers.authorization, form)?.clientId ?? '';
  } catch {
    return '';
  }
}

/** Both halves are form-encoded before they are joined. Source: RFC 6749 §2.3.1. */
function basicCredentials(authorization: string, clientId: string | undefined): Credentials | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const decodedId = formDecode(id);
  const decodedSecret = formDecode(secret);
  if (decodedId === undefined || decodedSecret === undefined) return undefined;
  if (clientId !== undefined && clientId !== decodedId) return undefined;
  return { method: 'client_secret', clientId: decodedId, secret: decodedSecret };
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** The unverified claim: it may have any type, and only a string may reach the store. */
function subjectOf(assertion: string): string | undefined {
  try {
    const claims: { sub?: unknown } = decodeJwt(assertion);
    return typeof claims.sub === 'string' && !isTooDeep(claims) ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}
