import type { DescribedAccess } from '../../domain/apis/access-requests';

/** Characters: a longer text makes a wallet show further pages, which nobody reads. */
const longestDescription = 1_500;

/** What a statement says about a login. */
export interface StatedAccess extends DescribedAccess {
  readonly clientName: string;
  /** All granted scopes, by name. */
  readonly scope: readonly string[];
}

/**
 * The statement that says whom the end-user signs in to and what this client will be able to do: in words or, where those are
 * too long, by scope names. Source: EIP-4361, ABNF; docs/http-api.md, section Wallet model.
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

/** A name may be in any script; a statement has only URI characters and spaces. Source: EIP-4361. */
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
