import type { SessionModel } from '../../../domain/identity/authentication';
import type { ModelAspect, EavesdropperRow, Fact, Statement } from '../comparison';
import type { ShownRecord } from '../run';
import {
  challengeAfter,
  evidenceOf,
  type Material,
  namesFact,
  byDesign,
  receivedNames,
  sentNames,
  stepOf,
} from './material';
import { storedFields } from './server-side';

/** Names worth stealing: everything else in a request or response is public or the same for all. */
const valuable = new Set([
  'code_challenge',
  'state',
  'code',
  'code_verifier',
  'address',
  'nonce',
  'message',
  'signature',
  'access_token',
  'id_token',
]);

interface Overheard {
  readonly step: string;
  /** Their worth, as long as the attacks that use them are defended against. */
  readonly worth: (material: Material) => string;
  readonly attacks: readonly string[];
}

const tokensAlone = ({ config }: Material) =>
  `The proof has been used. The tokens of the answer are good for whoever reads them, for ${config.accessTokenTtl} s, unless they are bound to a key (DPoP): that is what TLS is for.`;

const overheard: Readonly<Record<SessionModel, readonly Overheard[]>> = {
  pkce: [
    {
      step: 'authorize',
      worth: () => 'Nothing, because a hash does not lead back to its code_verifier.',
      attacks: ['pkce.plain', 'pkce.no-state'],
    },
    {
      step: 'code',
      worth: () => 'Nothing, because a code is not redeemed without the code_verifier behind the code_challenge.',
      attacks: ['pkce.no-verifier', 'pkce.wrong-verifier', 'pkce.other-client', 'pkce.other-redirect'],
    },
    { step: 'redeem', worth: tokensAlone, attacks: ['pkce.replayed-code', 'pkce.double-spend'] },
  ],
  wallet: [
    {
      step: 'challenge',
      worth: () => 'Nothing, because only the key of that address can answer, and only this text.',
      attacks: ['wallet.other-account', 'wallet.swapped-address', 'wallet.altered-message', 'wallet.other-domain'],
    },
    {
      step: 'verify',
      worth: tokensAlone,
      attacks: ['wallet.replayed-signature', 'wallet.malleated', 'wallet.expired', 'wallet.double-spend'],
    },
  ],
  passkey: [
    {
      step: 'challenge',
      worth: () =>
        'Nothing, because only a passkey of this site answers, where the browser says that it is this site, and from the browser that asked.',
      attacks: [
        'passkey.other-origin',
        'passkey.other-rp',
        'passkey.other-account',
        'passkey.forged-signature',
        'passkey.stolen-assertion',
      ],
    },
    {
      step: 'login',
      worth: ({ config }) =>
        `The proof has been used. The session’s cookie is good for whoever reads it, for ${config.sessionTtl} s or until it is ended: that is what TLS is for.`,
      attacks: ['passkey.replayed-assertion', 'passkey.expired', 'passkey.double-spend'],
    },
  ],
};

/** What eavesdroppers, or thieves of the database, get. */
export function exposureAspects(material: Material): ModelAspect[] {
  return [
    {
      id: 'eavesdropper',
      title: 'What an eavesdropper holds',
      pkce: eavesdropper(material, 'pkce'),
      wallet: eavesdropper(material, 'wallet'),
      passkey: eavesdropper(material, 'passkey'),
    },
    {
      id: 'stolen-database',
      title: 'What a stolen database reveals',
      pkce: stolen(material, 'pkce'),
      wallet: stolen(material, 'wallet'),
      passkey: stolen(material, 'passkey'),
    },
    {
      id: 'stolen-token',
      title: 'What a stolen access token is worth',
      pkce: stolenToken(material, 'to a key of the client, which has nothing to do with the code_verifier'),
      wallet: stolenToken(material, 'to a key of the client, because the wallet’s own signs logins and no requests'),
      passkey: stolenToken(material, 'to a key of the client, because a passkey signs logins and no requests'),
    },
  ];
}

function eavesdropper(material: Material, model: SessionModel): Statement {
  const rows = overheard[model].map(({ step, worth, attacks }): EavesdropperRow => {
    const taken = stepOf(material, model, step);
    const holds = [...new Set([...sentNames(taken), ...receivedNames(taken)])].filter((name) => valuable.has(name));
    const evidence = evidenceOf(material, attacks);
    const open = evidence.filter(({ defended }) => defended === false).map(({ attack }) => attack);
    const isMeasured = evidence.some(({ defended }) => defended !== null);
    return {
      after: step,
      holds,
      worth:
        open.length > 0
          ? `AN ATTACK: not defended against ${open.join(', ')}.`
          : isMeasured
            ? worth(material)
            : `By design: ${lowered(worth(material))}`,
      evidence,
    };
  });
  const made = rows.flatMap(({ evidence }) => evidence).filter(({ defended }) => defended !== null);
  const withstood = made.filter(({ defended }) => defended === true).length;
  const text =
    made.length === 0
      ? byDesign('nothing that was overheard is worth a login.')
      : `${withstood} of ${made.length} attempts to use what was overheard came to nothing.`;
  return {
    text,
    facts: [{ name: 'attempts that came to nothing', value: made.length === 0 ? null : withstood, from: 'run' }],
    rows,
  };
}

function stolen(material: Material, model: SessionModel): Statement {
  const fields = storedFields(material, model);
  const { encrypted, plain } = material.keysAtRest;
  const facts: Fact[] = [
    namesFact('fields of a challenge', fields),
    { name: 'private signing keys that are encrypted', value: encrypted, from: 'live' },
    { name: 'private signing keys in plain text', value: plain, from: 'live' },
  ];
  const keys = signingKeys(material);
  if (fields.length === 0) {
    return { text: `${byDesign('who logs in where, and no proof of any login.')} ${keys}`, facts };
  }
  const attacks = [guessOf[model]];
  const evidence = evidenceOf(material, attacks);
  const grant = stepOf(material, model, redeemedBy[model])?.stored.after.find(
    ({ collection }) => collection === 'grants',
  );
  const kept = [...new Set([...fields, ...namesIn(grant)])];
  const proofs = kept.filter((name) => /(?:verifier|signature)$/i.test(name));
  const worth =
    proofs.length === 0
      ? 'None of it is a proof: no code_verifier and no signature is kept, neither before nor after.'
      : `Proofs are kept as well: ${proofs.join(', ')}.`;
  const text = `Who logs in where, ${idOf(material, model)}, and what was committed to. ${worth} ${keys}`;
  return { text, facts, evidence };
}

/** Source: RFC 9449 §1. */
function stolenToken(material: Material, boundTo: string): Statement {
  const attack = 'pkce.dpop-stolen-token';
  const { accessTokenTtl } = material.config;
  const evidence = evidenceOf(material, [attack]);
  const [{ defended } = { defended: null }] = evidence;
  const design = `nothing without its key, where the login was bound ${boundTo} (DPoP).`;
  const bound = defended === null ? byDesign(design) : `${design.charAt(0).toUpperCase()}${design.slice(1)}`;
  const text = `${bound} Else a login for whoever has it, for ${accessTokenTtl} s or until it is revoked.`;
  return {
    text: defended === false ? `AN ATTACK: not defended against ${attack}.` : text,
    facts: [{ name: 'ACCESS_TOKEN_TTL', value: accessTokenTtl, unit: 's', from: 'settings' }],
    evidence,
  };
}

/** The keys that sign the tokens of both models. */
function signingKeys({ keysAtRest: { encrypted, plain } }: Material): string {
  if (plain > 0) {
    return 'The private signing keys are in it in plain text, and whoever has them can sign any token: KEY_ENCRYPTION_KEYS encrypts them.';
  }
  if (encrypted === 0) return 'There are no signing keys in it yet.';
  return 'The private signing keys are encrypted under KEY_ENCRYPTION_KEYS, which is not in it: it signs no token.';
}

/** The step that redeems the challenge. */
const redeemedBy: Readonly<Record<SessionModel, string>> = { pkce: 'redeem', wallet: 'verify', passkey: 'login' };

/** The attack of who has the record, and makes the proof up. */
const guessOf = {
  pkce: 'pkce.wrong-verifier',
  wallet: 'wallet.other-account',
  passkey: 'passkey.forged-signature',
} as const satisfies Record<SessionModel, string>;

/** Names of the record's fields, including nested ones. */
function namesIn(record: ShownRecord | undefined): string[] {
  return Object.entries(record ?? {}).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? [name, ...Object.keys(value)] : [name],
  );
}

function recordOf(material: Material, model: SessionModel): ShownRecord | undefined {
  return challengeAfter(material, model, model === 'pkce' ? 'code' : 'challenge');
}

function idOf(material: Material, model: SessionModel): string {
  if (model === 'wallet') return 'the nonce of each login (which is public)';
  if (model === 'passkey') return 'the challenge of each login and the public key of each passkey (which are public)';
  const isHashed = recordOf(material, model)?.id.startsWith('sha256:') === true;
  return isHashed ? 'the hash of each code' : 'each code itself';
}

function lowered(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}
