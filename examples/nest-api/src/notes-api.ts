import { protectedResource } from '@tessera/client/server';

const { ISSUER: issuer = 'http://localhost:3000' } = process.env;

export const port = Number(process.env['PORT'] ?? 4002);

/** Tokens are for the URL that the API is registered with: one for another API is worth nothing here. */
export const notesApi = protectedResource({
  issuer,
  resource: `http://127.0.0.1:${port}/notes`,
  name: 'Notes',
  scopes: ['notes:read', 'notes:write', 'notes:count'],
});
