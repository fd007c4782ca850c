import { errors, jwtVerify, type JWTVerifyOptions } from 'jose';
import * as z from 'zod';
import type { DiscoveredServer } from './discovery';
import type { HttpClient, HttpClientAnswer } from './http-client';
import { StepError, unexpected } from './step-error';

/** Seconds that the server's clock and ours may differ. */
const clockTolerance = 5;

const tokensSchema = z.object({
  access_token: z.string().min(1),
  token_type: z.literal('Bearer'),
  expires_in: z.number().positive(),
  id_token: z.string().optional(),
});

export type Tokens = z.infer<typeof tokensSchema>;

/** Throws: {@link StepError}. Source: RFC 6749 §5.1. */
export function tokensIn(answer: HttpClientAnswer): Tokens {
  const tokens = tokensSchema.safeParse(answer.json).data;
  if (answer.status !== 200 || tokens === undefined) throw unexpected(answer, 'tokens');
  return tokens;
}

export interface ExpectedTokens {
  readonly clientId: string;
  /** Of the ID token, which has to be there then. */
  readonly oidcNonce?: string;
}

/** The subject of the tokens, each verified by the server's keys. Throws: {@link StepError}. Source: RFC 9068 §4, OpenID Connect Core §3.1.3.7. */
export async function verifiedSubject(
  { issuer, keys }: DiscoveredServer,
  { access_token: accessToken, id_token: idToken }: Tokens,
  { clientId, oidcNonce }: ExpectedTokens,
): Promise<string> {
  const verify = async (what: string, token: string, options: JWTVerifyOptions) =>
    jwtVerify(token, keys, { issuer, clockTolerance, requiredClaims: ['sub', 'exp'], ...options }).catch(
      (error: unknown) => {
        throw new StepError(`the ${what} is not valid (${error instanceof errors.JOSEError ? error.code : 'unknown'})`);
      },
    );
  const { payload: access } = await verify('access token', accessToken, { typ: 'at+jwt' });
  if (access['client_id'] !== clientId) throw new StepError('the access token is for another client');
  if (oidcNonce === undefined) return access.sub ?? '';
  if (idToken === undefined) throw new StepError('there is no ID token');
  const { payload: id } = await verify('ID token', idToken, { audience: clientId });
  if (id['nonce'] !== oidcNonce) throw new StepError('the ID token has another nonce');
  if (id.sub !== access.sub) throw new StepError('the two tokens are of different subjects');
  return access.sub ?? '';
}

/** Shows the token at the protected resource. Throws: {@link StepError}. */
export async function useToken(http: HttpClient, { access_token: token }: Tokens, sub: string): Promise<void> {
  const answer = await askResource(http, token);
  const me = z.object({ sub: z.string() }).safeParse(answer.json).data;
  if (answer.status !== 200 || me === undefined) throw unexpected(answer, 'the protected resource');
  if (me.sub !== sub) throw new StepError('the protected resource names another subject');
}

export interface RevokingClient {
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
}

/** Revokes the token, and sees that it is worth nothing any more. Throws: {@link StepError}. Source: RFC 7009 §2. */
export async function revoke(
  http: HttpClient,
  { revocationEndpoint }: DiscoveredServer,
  { access_token: token }: Tokens,
  { headers, form }: RevokingClient,
): Promise<void> {
  const answer = await http.send(revocationEndpoint, { headers, form: { ...form, token } });
  if (answer.status !== 200) throw unexpected(answer, 'the revocation of the token');
  const after = await askResource(http, token);
  if (after.status !== 401) throw unexpected(after, '401 for a revoked token');
}

async function askResource(http: HttpClient, token: string): Promise<HttpClientAnswer> {
  return http.send('/api/me', { headers: { authorization: `Bearer ${token}` } });
}
