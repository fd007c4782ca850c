import type { ModelAspect } from '../comparison';

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
  };
}
