import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckId, checks } from '../src/apps/comparison/checks/catalogue';

/** A Promela model of one flow, as its file declares it. */
export interface Model {
  /** The name of its file, without `.pml`. */
  readonly name: string;
  readonly file: string;
  readonly title: string;
  readonly properties: readonly Property[];
  readonly checks: readonly CheckId[];
  /** Checks of which one alone suffices: the two are taken away together. */
  readonly pairs: readonly (readonly [CheckId, CheckId])[];
  readonly faults: readonly Variant[];
  readonly limits: readonly Variant[];
}

/** What a model claims. All but `finishes` must hold in every state; that one must be reached. */
export interface Property {
  /** Such as `pkce.mine-redirect`. */
  readonly id: string;
  /** Its name in the model. */
  readonly name: string;
  readonly title: string;
}

/** A model that is wrong on purpose, or whose attacker has more. */
export interface Variant {
  readonly name: string;
  readonly title: string;
}

/** The property of every model that its flow can come to its end. */
export const finishes = 'finishes';

const titles = {
  pkce: 'PKCE: from an authorization request to a grant',
  wallet: 'Sign-In with Ethereum: from a challenge to a grant',
  passkey: 'Passkeys: from a challenge to a session',
  refresh: 'Refresh tokens: from one to the next',
  dpop: 'DPoP: requests with a token that is bound to a key',
  endings: 'Endings, on MongoDB: an owner is ended, and processes die',
} as const;

const pairs: Readonly<Record<keyof typeof titles, readonly (readonly [CheckId, CheckId])[]>> = {
  pkce: [
    ['pkce.code-hashed', 'pkce.verifier'],
    ['pkce.code-atomic', 'both.one-grant'],
    ['both.one-grant', 'pkce.code-single-use'],
  ],
  wallet: [
    ['wallet.atomic', 'both.one-grant'],
    ['both.one-grant', 'wallet.single-use'],
  ],
  passkey: [
    ['passkey.atomic', 'both.one-grant'],
    ['both.one-grant', 'passkey.single-use'],
  ],
  refresh: [],
  dpop: [],
  endings: [],
};

/** What each seeded fault and each limit is; one that a model has and this does not fails the run. */
const variants: Readonly<Record<string, string>> = {
  'pkce.delete_before_verify': 'The code is deleted by its id, and the verifier compared afterwards.',
  'pkce.compares_the_hash_itself': 'A code_verifier that equals the stored code_challenge counts, too.',
  'pkce.expires_a_tick_late': 'A code is redeemed at its expiry, where the comparison should be strict.',
  'pkce.replay_without_proof': 'A late repeat revokes, whatever its code_verifier.',
  'pkce.duplicate_revokes': 'A concurrent duplicate revokes as a replay does.',
  'pkce.chosen_challenge':
    'A link with a code_challenge of Mallory and the registered redirect URI, whose redirect she can then read.',
  'wallet.delete_before_verify': 'The challenge is redeemed by its nonce, and the signature verified afterwards.',
  'wallet.verifier_only_if_sent': 'The code_verifier is compared when one is sent, and not asked for.',
  'wallet.replay_without_proof': 'A late repeat revokes, whatever its signature.',
  'wallet.duplicate_revokes': 'A concurrent duplicate revokes as a replay does.',
  'wallet.unbound_nonce': 'Mallory signs a message of her own account with a nonce that no account was named for.',
  'passkey.delete_before_verify': 'The challenge is redeemed by its id, and the assertion verified afterwards.',
  'passkey.origin_by_its_end': 'An origin counts that ends with the host of the service.',
  'passkey.counter_may_stay': 'A counter counts that is not above the stored one.',
  'passkey.replay_without_proof': 'A late repeat ends the session, whatever its assertion.',
  'passkey.duplicate_ends': 'A concurrent duplicate ends the session as a replay does.',
  'refresh.rotates_in_two_steps': 'The token is compared in one step, and replaced in another.',
  'refresh.any_family': 'A made-up token of the login counts as one that was replaced.',
  'refresh.previous_forever': 'The token before the current one may be repeated for ever.',
  'refresh.no_grace': 'A repeat at once counts as reuse.',
  'refresh.retry_rotates': 'A repeat within the grace period gets a successor of its own.',
  'refresh.within_grace': 'Mallory reads a token in the log within its grace period.',
  'dpop.proof_optional': 'A token that is bound to a key is accepted without a proof.',
  'dpop.looks_and_saves': 'The proof is looked up in one step, and kept in another.',
  'dpop.forgets_too_early': 'The store forgets a proof before it expires.',
  'dpop.reads_on_the_way': 'Mallory reads the request before it arrives, and is faster.',
  'endings.end_is_strict': 'What began in the millisecond of the end is not ended.',
  'endings.forgets_the_session': 'A redemption looks for an end of the owner alone, not of the session.',
  'endings.looks_before_writing': 'A redemption looks for an end before it writes its grant.',
  'endings.never_looks': 'A redemption does not look for an end.',
  'endings.revokes_the_oldest_alone': 'Of two grants only the older one is revoked.',
  'endings.revokes_before_marking': 'The grants are revoked before the owner is marked as ended.',
  'endings.marks_as_done': 'An end that is repeated stops where the owner is marked already.',
};

export function readModels(): Model[] {
  return (Object.keys(titles) as (keyof typeof titles)[]).map(readModel);
}

function readModel(name: keyof typeof titles): Model {
  const file = join(__dirname, `${name}.pml`);
  const source = readFileSync(file, 'utf8');
  const variantsOf = (kind: 'fault' | 'limit') =>
    namesIn(source, new RegExp(`\\b${kind}\\((\\w+)\\)`, 'g')).map((variant) => {
      const title = variants[`${name}.${variant}`];
      if (title === undefined) throw new Error(`${name}.${variant} has no title in proof/models.ts`);
      return { name: variant, title };
    });
  return {
    name,
    file,
    title: titles[name],
    properties: [...source.matchAll(/^property\((\w+)\);\s+\/\* (.+) \*\/$/gm)].map(([, each = '', title = '']) => ({
      id: `${name}.${each.replaceAll('_', '-')}`,
      name: each,
      title,
    })),
    checks: namesIn(source, /\bwithout\((\w+)\)/g).map(checkNamed),
    pairs: pairs[name],
    faults: variantsOf('fault'),
    limits: variantsOf('limit'),
  };
}

/** The flag by which a model is compiled without the check: the id in a form that the preprocessor takes. */
export function flagOf(check: CheckId): string {
  return `WITHOUT_${inC(check)}`;
}

function checkNamed(name: string): CheckId {
  const found = checks.find(({ id }) => inC(id) === name);
  if (found === undefined) throw new Error(`${name} is no check of the catalogue`);
  return found.id;
}

function inC(id: string): string {
  return id.replaceAll(/[.-]/g, '_');
}

function namesIn(source: string, pattern: RegExp): string[] {
  return [...new Set([...source.matchAll(pattern)].map(([, name = '']) => name))];
}
