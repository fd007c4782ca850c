import * as z from 'zod';
import { optionalText } from '../../platform/http/description';

/** The response of `/token`. Source: RFC 6749 §5.1, OpenID Connect Core §3.1.3.3, RFC 9449 §5. */
export const tokenResponse = z.object({
  access_token: z.string().describe('A JWT of type at+jwt (RFC 9068).'),
  token_type: z.enum(['Bearer', 'DPoP']).describe('DPoP: bound to a key (RFC 9449).'),
  expires_in: z.int().describe('Seconds.'),
  scope: z.string().describe('What was granted, separated by spaces.'),
  id_token: optionalText('With the scope openid.'),
  refresh_token: optionalText('With the scope offline_access; each is good for one rotation.'),
});

export type TokenResponse = Readonly<z.infer<typeof tokenResponse>>;

export const tokenResponseExample = {
  access_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiJ1c2VyMCJ9.c2ln',
  token_type: 'Bearer',
  expires_in: 900,
  scope: 'openid offline_access',
  id_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiJ1c2VyMCJ9.c2ln',
  refresh_token: 'N1cXHCyXRvjs_Rk8Wd6XyGfNS7zyjSzsYwMlNS3tJ4w',
};
