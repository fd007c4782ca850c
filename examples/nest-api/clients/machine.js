/** Counts the notes of everybody, as a client that acts for itself (RFC 6749 §4.4). */
const { ISSUER: issuer = 'http://localhost:3000', PORT: port = '4002', CLIENT_SECRET: secret } = process.env;
const notes = `http://127.0.0.1:${port}/notes`;

const answer = await fetch(`${issuer}/token`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`example-notes-report:${secret}`)}` },
  body: new URLSearchParams({ grant_type: 'client_credentials', resource: notes, scope: 'notes:count' }),
});
if (!answer.ok) throw new Error(`no token: ${(await answer.json()).error_description}`);
const { access_token: accessToken } = await answer.json();

/** @param {string} url */
const ask = (url) => fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
console.log(await (await ask(`${notes}/count`)).json());

// What people have written is not for it: the API says which scope is missing.
const refused = await ask(notes);
console.log(refused.status, refused.headers.get('www-authenticate'));
