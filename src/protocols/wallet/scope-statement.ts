import type { DescribedAccess } from '../../domain/apis/access-requests';

/** Characters: a wallet shows more than that on pages that nobody turns. */
const longestDescription = 1_500;

/** What the statement of a message tells of a login. */
export interface StatedAccess extends DescribedAccess {
  readonly clientName: string;
  /** All that is granted, by its names. */
  readonly scope: readonly string[];
}

/**
 * The statement that says whom the end-user signs in to, and all that this client will be able to do: in words, or, where
 * those were too many, by the names of the scopes. Source: EIP-4361, ABNF; docs/http-api.md, section Wallet model.
 */
export function scopeStatement({ clientName, scope, own, apis }: StatedAccess): string {
  const here = own.map((allowed) => inStatement(allowed, 200, 'use a scope'));
  const there = apis.map(({ name, allows }) => {
    const allowed = allows.map((each) => inStatement(each, 200, 'use a scope'));
    return `at ${inStatement(name, 100, 'an API')}: ${allowed.length === 0 ? 'know who you are' : allowed.join('; ')}`;
  });
  const described = [...here, ...there].join('; ');
  const allows = described.length > longestDescription ? `${namesOf(scope)}${placesOf(apis)}` : described;
  return `Sign in to ${inStatement(clientName, 200, 'this application')}, which will be able to: ${allows}.`;
}

/** A text may be in any script; a statement has only the characters of a URI and spaces. Source: EIP-4361. */
export function inStatement(text: string, longest: number, otherwise: string): string {
  const letters = text
    .normalize('NFKD')
    .replace(/[‘’]/g, "'")
    .replace(/[^\w.,:;!?()/'~ -]/g, '');
  return letters.trim().slice(0, longest) || otherwise;
}

function namesOf(scope: readonly string[]): string {
  return `use the scopes ${scope.join(', ')}`;
}

function placesOf(apis: DescribedAccess['apis']): string {
  return apis.length === 0 ? '' : ` at ${apis.map(({ name }) => inStatement(name, 100, 'an API')).join(', ')}`;
}
