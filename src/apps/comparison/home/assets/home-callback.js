import { concealed, hash, shortened } from './home-credentials.js';
import { waitingLogin } from './home-pkce.js';
import { LoginRecord } from './home-record.js';
import { Sequence } from './home-sequence.js';
import { Replay } from './home-replay.js';

/** Milliseconds in which the visitor can see the record before it is redeemed. */
const seenFor = 2_500;

const status = document.querySelector('#login-status');
const answer = new URLSearchParams(location.search);
const waiting = JSON.parse(sessionStorage.getItem(waitingLogin) ?? 'null');
// Neither the history nor whoever looks over a shoulder is to keep the code; and each login is answered once.
history.replaceState(null, '', location.pathname);
sessionStorage.removeItem(waitingLogin);

finish().catch((error) => say(error.message));

async function finish() {
  if (answer.size === 0) return say('Nothing came with this URL. Begin the login on the page of the comparison.');
  if (waiting === null) {
    return say(
      'This tab has begun no login, so the code is left alone: without the code_verifier it could not be redeemed.',
    );
  }
  // An answer to a request that this browser has not made would log it in as somebody else. Source: RFC 6749 §10.12.
  if (answer.get('state') !== waiting.query.state) {
    return say('The state is not the one that this tab sent. The answer belongs to another login and is left alone.');
  }
  if (answer.has('error')) return say(`The server answers ${answer.get('error')}: ${answer.get('error_description')}.`);
  return redeem(answer.get('code') ?? '');
}

async function redeem(code) {
  const column = document.querySelector('.column');
  const sequence = new Sequence(column);
  const record = new LoginRecord('pkce', (step) => sequence.add(step));
  column.hidden = false;
  await replayBeginning(record, code);

  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) {
    say('The code is waiting in the server’s store…');
    await new Promise((resolve) => setTimeout(resolve, seenFor));
  }
  const form = {
    grant_type: 'authorization_code',
    client_id: waiting.query.client_id,
    code,
    redirect_uri: waiting.query.redirect_uri,
    code_verifier: waiting.codeVerifier,
  };
  const request = { method: 'POST', path: '/token', form };
  const redeemed = await record.exchange(
    {
      phase: 'proof',
      actor: 'client',
      action: 'shows the code and the code_verifier; the server hashes the verifier, compares and uses the code up',
    },
    request,
  );
  if (!redeemed.ok) return say(`${redeemed.body?.error_description ?? 'The server refused'}.`);
  const me = await record.exchange(
    { phase: 'resource', actor: 'client', action: 'uses the access token: the server tells whose it is' },
    { method: 'GET', path: '/api/me', token: redeemed.body.access_token },
  );
  say(me.ok ? `You are logged in as ${me.body.sub}.` : `${me.body?.error_description ?? 'The server refused'}.`);
  return new Replay(column).offer(request, {
    title: 'Your code again, with the right verifier',
    knowledge: 'Everything that you sent: the code and the verifier.',
  });
}

/** The steps before this page was opened, as far as a client can know them. */
async function replayBeginning(record, code) {
  const { codeVerifier, codeChallenge, query, generatedMs, leftAt } = waiting;
  await record.write(
    { phase: 'challenge', actor: 'client', action: 'makes a code_verifier and its hash, the code_challenge' },
    { sent: null, received: null, elapsedMs: generatedMs },
    { code_verifier: await shortened(codeVerifier), code_challenge: codeChallenge, state: query.state },
  );
  await record.write(
    { phase: 'challenge', actor: 'browser', action: 'brings the code_challenge to the server' },
    { sent: { method: 'GET', path: '/authorize', query, body: null, headers: {} }, received: null, elapsedMs: null },
  );
  await record.write(
    { phase: 'person', actor: 'browser', action: 'shows you the server’s login page, where you sign in' },
    { sent: { method: 'GET', path: '/login' }, received: null, elapsedMs: Date.now() - leftAt },
  );
  record.recordId = await hash(code);
  await record.write(
    { phase: 'challenge', actor: 'browser', action: 'comes back with a one-time code and the same state' },
    { sent: null, received: { body: await concealed(Object.fromEntries(answer)) }, elapsedMs: null },
  );
}

function say(text) {
  status.textContent = text;
}
