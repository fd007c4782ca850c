import type { SchemaObject } from '../../platform/http/openapi';

/** The answer of `/token`. Source: RFC 6749 §5.1, OpenID Connect Core §3.1.3.3. */
export const tokenResponseSchema = {
  type: 'object',
  required: ['access_token', 'token_type', 'expires_in', 'scope'],
  properties: {
    access_token: { type: 'string', description: 'A JWT of type at+jwt (RFC 9068).' },
    token_type: { type: 'string', enum: ['Bearer', 'DPoP'], description: 'DPoP: bound to a key (RFC 9449).' },
    expires_in: { type: 'integer', description: 'Seconds.' },
    scope: { type: 'string', description: 'What was granted, separated by spaces.' },
    id_token: { type: 'string', description: 'With the scope openid.' },
    refresh_token: { type: 'string', description: 'With the scope offline_access; each is good for one rotation.' },
  },
} satisfies SchemaObject;

export const tokenResponseExample = {
  access_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiJ1c2VyMCJ9.c2ln',
  token_type: 'Bearer',
  expires_in: 900,
  scope: 'openid offline_access',
  id_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiJ1c2VyMCJ9.c2ln',
  refresh_token: 'N1cXHCyXRvjs_Rk8Wd6XyGfNS7zyjSzsYwMlNS3tJ4w',
};
