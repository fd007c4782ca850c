import type { ModelAspect } from '../comparison';
import { evidenceOf, type Material } from './material';

/** What each model has and the other lacks: why they are stronger together. */
export function eachAdds(): ModelAspect {
  return {
    id: 'adds',
    title: 'What it adds to the other',
    pkce: {
      text: 'To a signature: that it is worth nothing in strange hands. Whoever finishes the login is the one who began it, whoever else has seen the signature.',
      facts: [],
    },
    wallet: {
      text: 'To a code_verifier: who it is, from a key that nobody here keeps. PKCE alone leaves that to a password, or to whatever the login page asks for.',
      facts: [],
    },
    passkey: {
      text: 'To either: that no other page can have it made. What a person would have to read, a redirect URI or a domain in a message, the browser itself writes and the key signs.',
      facts: [],
    },
  };
}

/** What ties a login to this site, and so what a phishing page would have to get around. */
export function bindings(material: Material): ModelAspect {
  return {
    id: 'origin',
    title: 'What binds it to this site',
    pkce: {
      text: 'A redirect URI, which this server compares: the code goes nowhere else. That the person signs in at this page and no other is left to how they sign in.',
      facts: [],
      evidence: evidenceOf(material, ['pkce.unregistered-redirect', 'pkce.other-redirect']),
    },
    wallet: {
      text: 'A line of text, which a person reads: the message names this domain, and a wallet may compare it. A page that relays the message is stopped by nothing here.',
      facts: [],
      evidence: evidenceOf(material, ['wallet.other-domain', 'wallet.phishing-relay']),
    },
    passkey: {
      text: 'The browser, which nobody has to trust a page about: it writes its origin into what the key signs, and offers the key to this site alone.',
      facts: [{ name: 'RP_ID', value: material.config.rpId ?? null, from: 'settings' }],
      evidence: evidenceOf(material, ['passkey.other-origin', 'passkey.other-rp']),
    },
  };
}
