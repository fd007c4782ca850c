import { shortened } from './home-credentials.js';
import { LoginRecord } from './home-record.js';
import { Replay } from './home-replay.js';
import { Sequence } from './home-sequence.js';
import { chooseAccount, explain, offerWallets, Refusal, setBusy, signMessage } from './wallets.js';

/** Offers to log in directly with a wallet of this browser: no redirect, no password. Source: EIP-4361. */
export function offerWalletLogin() {
  const column = document.querySelector('#wallet-result .column');
  const status = document.querySelector('#wallet-login-status');
  const template = document.querySelector('#wallet-logins button');
  const say = (text) => (status.textContent = text);
  const sequence = new Sequence(column);
  const replay = new Replay(column);

  const logInWith = async ({ button, provider }) => {
    setBusy(offers, true);
    column.hidden = false;
    sequence.clear();
    replay.withdraw();
    try {
      await logIn(provider, { sequence, replay, say, clientId: template.dataset.clientId });
    } catch (error) {
      say(explain(error));
    } finally {
      setBusy(offers, false);
      button.focus();
    }
  };
  const offers = offerWallets(template, logInWith, () => say(''));
  if (offers.size === 0) say('To log in directly, open this page in a browser that has an Ethereum wallet.');
}

async function logIn(provider, { sequence, replay, say, clientId }) {
  const record = new LoginRecord('wallet', (step) => sequence.add(step));
  say('Choose an account in your wallet…');
  const account = await record.inside(
    { phase: 'challenge', actor: 'wallet', action: 'names your account by its address; the private key stays inside' },
    () => chooseAccount(provider),
    ({ address }) => ({ address, private_key: 'never leaves the wallet' }),
  );
  const issued = await record.exchange(
    {
      phase: 'challenge',
      actor: 'client',
      action: 'brings the address to the server, which stores a nonce for it and writes the message to sign',
    },
    { method: 'POST', path: '/wallet/challenge', json: { ...account, clientId, scope: 'openid profile' } },
    ({ nonce }) => {
      record.recordId = nonce;
      return { nonce };
    },
  );
  const { nonce, message } = accepted(issued);
  say('Read the message in your wallet and sign it. Meanwhile the server’s record is counting down.');
  const signature = await record.inside(
    { phase: 'proof', actor: 'wallet', action: 'shows you the message and signs it with the private key' },
    () => signMessage(provider, message, account.address),
    async (made) => ({ signature: await shortened(made) }),
  );
  const request = { method: 'POST', path: '/wallet/verify', json: { nonce, signature } };
  const verified = await record.exchange(
    {
      phase: 'proof',
      actor: 'client',
      action: 'sends the signature; the server computes who signed, compares and uses the nonce up',
    },
    request,
  );
  const { access_token: token } = accepted(verified);
  const me = await record.exchange(
    { phase: 'resource', actor: 'client', action: 'uses the access token: the server tells whose it is' },
    { method: 'GET', path: '/api/me', token },
  );
  say(`You are logged in as ${accepted(me).sub}.`);
  replay.offer(request, {
    title: 'Your signature again, with its nonce',
    knowledge: 'Everything that you sent: the nonce and the signature.',
  });
}

function accepted({ ok, body }) {
  if (!ok) throw new Refusal(`${body?.error_description ?? 'The server refused'}.`);
  return body;
}
