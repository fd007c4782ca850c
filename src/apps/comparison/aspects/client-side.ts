import { secretBits } from '../../../domain/credentials/secret';
import type { SessionModel } from '../../../domain/identity/authentication';
import type { ModelAspect } from '../comparison';
import { type Material, namesFact, byDesign, sentNames, stepOf } from './material';

/** What the client does: creates something, commits to it, and reveals it. */
export function clientAspects(material: Material): ModelAspect[] {
  return [generates(material), sends(material), proves(material)];
}

function generates(material: Material): ModelAspect {
  const holds = (model: 'pkce' | 'wallet') => Object.keys(stepOf(material, model, 'generate')?.holds ?? {});
  return {
    id: 'client-generates',
    title: 'What the client generates',
    pkce: {
      text: 'For each login a fresh secret, the code_verifier, and its SHA-256, the code_challenge.',
      facts: [
        { name: 'entropy of the code_verifier of a run', value: secretBits, unit: 'bits', from: 'code' },
        namesFact('made in the last run', holds('pkce')),
      ],
    },
    wallet: {
      text: 'For this login nothing: a key pair that the wallet has had since it was made, and whose address is public.',
      facts: [namesFact('made in the last run', holds('wallet'))],
    },
    passkey: {
      text: 'For this login nothing: a key pair that the authenticator made for this site alone, when the passkey was added.',
      facts: [],
    },
  };
}

function sends(material: Material): ModelAspect {
  const request = (model: SessionModel, step: string) => {
    const names = sentNames(stepOf(material, model, step));
    const bytes = stepOf(material, model, step)?.sent?.bytes ?? null;
    return {
      names,
      facts: [namesFact('sent', names), { name: 'size', value: bytes, unit: 'bytes', from: 'run' }] as const,
    };
  };
  const [pkce, wallet, passkey] = [
    request('pkce', 'authorize'),
    request('wallet', 'challenge'),
    request('passkey', 'challenge'),
  ];
  return {
    id: 'client-sends',
    title: 'What it sends upfront',
    pkce: { text: sentence(pkce.names, 'code_challenge', 'the hash, never the code_verifier'), facts: pkce.facts },
    wallet: { text: sentence(wallet.names, 'address', 'whom it will prove to be'), facts: wallet.facts },
    passkey: {
      text: 'Nothing about itself: it asks for a challenge, and names nobody. Who it is shows the passkey that answers.',
      facts: passkey.facts,
    },
  };
}

function proves(material: Material): ModelAspect {
  const shown = (model: SessionModel, step: string) => sentNames(stepOf(material, model, step));
  const [pkce, wallet, passkey] = [shown('pkce', 'redeem'), shown('wallet', 'verify'), shown('passkey', 'login')];
  return {
    id: 'client-proves',
    title: 'What it proves later',
    pkce: {
      text: sentence(pkce, 'code_verifier', 'the secret itself, which is worth nothing after this'),
      facts: [namesFact('shown', pkce)],
    },
    wallet: {
      text: sentence(wallet, 'signature', 'made with the key, which never leaves the wallet'),
      facts: [namesFact('shown', wallet)],
    },
    passkey: {
      text: 'An assertion: a signature over the challenge, the origin that the browser says, and whether the authenticator has verified its owner.',
      facts: [namesFact('shown', passkey)],
    },
  };
}

function sentence(names: readonly string[], commitment: string, meaning: string): string {
  const said = `the ${commitment}, ${meaning}.`;
  if (names.length === 0) return byDesign(said);
  if (!names.includes(commitment)) return `It sends ${names.join(', ')}, and no ${commitment}.`;
  const others = names.filter((name) => name !== commitment);
  return `${said.replace('the', 'The')} Beside it ${others.join(', ')}.`;
}
