import { createHash, KeyObject, randomBytes, sign, type webcrypto } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import type { Grant } from './records';

export const accessTokenSeconds = 900;
const idTokenSeconds = 300;

type Sign = (typ: string, claims: Record<string, unknown>) => Promise<string>;

export interface TokenSettings {
  readonly issuer: string;
  readonly algorithm: 'ES256' | 'RS256';
  /** On this thread by node:crypto, instead of jose and WebCrypto. */
  readonly synchronous: boolean;
}

/** Signs the tokens of a grant: RFC 9068, and an ID token where `openid` was asked for. */
export class Tokens {
  private constructor(
    private readonly issuer: string,
    private readonly signed: Sign,
  ) {}

  static async create({ issuer, algorithm, synchronous }: TokenSettings): Promise<Tokens> {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const kid = randomBytes(32).toString('base64url');
    return new Tokens(issuer, (synchronous ? onThisThread : byJose)(privateKey, algorithm, kid));
  }

  async answer(grant: Grant, model: string, refreshToken?: string): Promise<Record<string, unknown>> {
    const scope = grant.scope.join(' ');
    const accessToken = await this.signed('at+jwt', {
      ...this.claims(grant, this.issuer, accessTokenSeconds),
      client_id: grant.clientId,
      scope,
      model,
      grant_id: grant.id,
      jti: randomBytes(16).toString('base64url'),
    });
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      scope,
      ...(grant.scope.includes('openid') && { id_token: await this.idToken(grant, accessToken) }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    };
  }

  private idToken(grant: Grant, accessToken: string): Promise<string> {
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16);
    return this.signed('JWT', {
      ...this.claims(grant, grant.clientId, idTokenSeconds),
      at_hash: half.toString('base64url'),
    });
  }

  private claims({ authentication }: Grant, aud: string, lifetime: number) {
    const iat = Math.floor(Date.now() / 1000);
    const { sub, amr, authTime, chainId } = authentication;
    return {
      iss: this.issuer,
      sub,
      aud,
      iat,
      exp: iat + lifetime,
      auth_time: authTime,
      amr,
      ...(chainId !== undefined && { chain_id: chainId }),
    };
  }
}

function byJose(key: webcrypto.CryptoKey, alg: string, kid: string): Sign {
  return (typ, claims) => new SignJWT(claims).setProtectedHeader({ alg, typ, kid }).sign(key);
}

function onThisThread(cryptoKey: webcrypto.CryptoKey, alg: string, kid: string): Sign {
  const key = { key: KeyObject.from(cryptoKey), dsaEncoding: 'ieee-p1363' } as const;
  return async (typ, claims) => {
    const signed = `${base64url({ alg, typ, kid })}.${base64url(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
