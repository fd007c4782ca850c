import { createWebLogin, findSession, loginRoutes, requireLogin, sessionOf } from '@tessera/client/web/express';
import express from 'express';
import { escaped, page } from './page.js';

const { ISSUER: issuer = 'http://localhost:3000', PORT: port = '4001', CLIENT_SECRET: clientSecret } = process.env;
const origin = `http://127.0.0.1:${port}`;

const login = createWebLogin({
  issuer,
  clientId: 'example-express',
  clientSecret,
  origin,
  scope: 'openid profile offline_access',
  errorPage: ({ code, tryAgain }) =>
    page(`
      <h1>${code === 'access_denied' ? 'You said no' : 'The login did not succeed'}</h1>
      <p>Nobody is logged in. What went wrong is called <code>${escaped(code)}</code>.</p>
      <p><a href="${escaped(tryAgain)}">Log in again</a></p>`),
});

const app = express();
app.disable('x-powered-by');
// Answers /auth/login, /auth/callback and /auth/logout, and /auth/backchannel-logout to the service.
app.use(loginRoutes(login));

app.get('/', async (request, response) => {
  const session = await findSession(login, request);
  const greeting = session
    ? `<p>You are <b>${escaped(session.claims?.sub)}</b>. <a href="/profile">Your profile</a></p>`
    : '<p>Nobody is logged in. <a href="/profile">Your profile</a> leads through the login.</p>';
  response.send(page(`<h1>Example</h1>${greeting}`));
});

app.get('/profile', requireLogin(login), async (request, response) => {
  const session = sessionOf(request);
  // The access token is in the session on this server; it is refreshed where it must be. Here the API is the service's own.
  const answer = await session.fetch(`${issuer}/api/me`);
  const me = await answer.json();
  response.send(
    page(`
      <h1>Your profile</h1>
      <p>The API says: <code>${escaped(JSON.stringify(me))}</code></p>
      <form method="post" action="/auth/logout"><button>Log out</button></form>`),
  );
});

app.listen(Number(port), '127.0.0.1', () => process.stdout.write(`Open ${origin}\n`));
