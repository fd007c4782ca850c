import { s256 } from '../../../domain/credentials/pkce';
import { expectChallenge } from '../answers';
import { Browser } from '../browser';
import { authorizeRequest, newApp } from '../pkce-client';
import { signedLogin } from '../sign-in';
import { newNonce, newWallet, sign, verifyRequest, writtenMessage } from '../wallet-client';
import { altered } from './altered';
import { type Attack, attempt } from './attack';
import { guessedVerifier } from './pkce-victim';
import { stolen } from './replay';

/** Signatures that are right, and were given for something else. */
export const otherContextAttacks = [
  {
    id: 'wallet.stolen-signature',
    title: 'Stolen signature without its verifier',
    model: 'wallet',
    knowledge:
      'The nonce and the valid signature of a login that was begun with a codeChallenge, read on their way before they were used.',
    attempt: 'Sends them without a codeVerifier, and with one of its own.',
    defence:
      'The challenge was asked for with the hash of a verifier, which the page alone knows: both proofs are due.',
    source: 'RFC 7636 §4.6, docs/http-api.md, section Both at once',
    refusals: ['code_verifier_required', 'code_verifier_mismatch'],
    mount: async (context) => {
      const { clients, chainId, wire, traces } = context;
      const [wallet, codeVerifier] = [newWallet(), guessedVerifier(context)];
      const { clientId } = clients.dapp;
      const json = { clientId, address: wallet.address, chainId, codeChallenge: s256(codeVerifier) };
      const issued = await wire.send({ method: 'POST', path: '/wallet/challenge', json });
      const { nonce, message } = expectChallenge('the challenge request', issued);
      traces.push({ kind: 'wallet_challenge', id: nonce });
      const answer = { nonce, signature: await sign(context, wallet, message) };
      const guess = { ...answer, codeVerifier: guessedVerifier(context) };
      const owners = { ...answer, codeVerifier };
      return stolen(
        context,
        [answer, guess].map(verifyRequest),
        verifyRequest(owners),
        'the owner then signed in with it',
      );
    },
  },
  {
    id: 'wallet.other-client',
    title: 'Signature for another application',
    model: 'wallet',
    knowledge:
      'A signature that the victim gave to log in to the attacker’s own application, whose name the message says.',
    attempt: 'Sends it from its own browser as the login to the victim’s application.',
    defence: 'The challenge belongs to the application that its message names. To any other it is unknown.',
    source: 'EIP-4361, Message Fields (statement); RFC 6749 §10.2',
    refusals: ['challenge_unknown'],
    mount: async (context) => {
      const browser = new Browser(context.wire, context.credentials);
      const queryOf = async (app = context.clients.app) => (await authorizeRequest(newApp(context, app).client)).path;
      const own = (await queryOf(context.clients.attacker)).split('?')[1] ?? '';
      const { request } = await signedLogin(context, browser, own);
      const [, victims] = (await queryOf()).split('?');
      const theft = browser.prepare(altered(request, { request: victims }));
      const answer = await browser.send({ ...theft, headers: { ...theft.headers, accept: 'application/json' } });
      const isIn = browser.cookie('tessera_session') !== undefined;
      return { attempts: [{ request: theft, answer, got: isIn }], checks: [] };
    },
  },
  {
    id: 'wallet.written-other-domain',
    title: 'Written message of another domain',
    model: 'wallet',
    knowledge:
      'A phishing site whose message the victim’s wallet writes and signs, with a nonce that the site got here.',
    attempt: 'Presents message and signature here, which agree; the message names the phishing site’s domain.',
    defence: 'A message that the wallet wrote must name the registered domain of the client that the nonce belongs to.',
    source: 'EIP-4361, Security Considerations: Phishing Attacks',
    refusals: ['message_mismatch'],
    mount: async (context) => {
      const [issued, victim] = [await newNonce(context), newWallet()];
      const message = writtenMessage(context, { ...issued, domain: 'phishing.invalid' }, victim);
      const request = verifyRequest({ message, signature: await sign(context, victim, message) });
      return { attempts: [await attempt(context, request)], checks: [] };
    },
  },
  {
    id: 'wallet.written-other-chain',
    title: 'Written message for another chain',
    model: 'wallet',
    knowledge: 'The nonce of a login that a dApp asks for on one chain; and an account that is its own on another one.',
    attempt: 'Writes a message for the other chain with the nonce, and signs it.',
    defence: 'A nonce that was asked for with a chain is good for a message of that chain alone.',
    source: 'EIP-4361, Message Fields (chain-id); CAIP-10',
    refusals: ['message_mismatch'],
    mount: async (context) => {
      const [issued, attacker] = [await newNonce(context, context.chainId), newWallet()];
      const elsewhere = { ...context, chainId: context.chainId === 1 ? 8_453 : 1 };
      const message = writtenMessage(elsewhere, issued, attacker);
      const request = verifyRequest({ message, signature: await sign(context, attacker, message) });
      return { attempts: [await attempt(context, request)], checks: [] };
    },
  },
] as const satisfies readonly Attack[];
