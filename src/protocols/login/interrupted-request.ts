import type { Config } from '../../platform/config';
import { Parameters } from '../../platform/http/parameters';
import { phr } from './acr';
import { LoginError } from './login-error';

/** Characters; fits a form of 16 KiB, in which most escapes of a query are escaped once more. */
const maxLength = 8_192;

/**
 * The authorization request that a login interrupted: the verbatim query of `/authorize`, empty when the end-user came to the
 * login page directly. Throws: LoginError request_too_long.
 */
export function interruptedRequest(query: string | undefined): string {
  const request = query ?? '';
  if (request.length > maxLength) throw new LoginError('request_too_long');
  return request;
}

/** Stands for the account page, when the login interrupted that. */
export const accountRequest = 'page=account';

/** Stands for the console, which admits a person signed in by a passkey at most so many seconds ago. */
export const consoleMaxAge = 3_600;
export const consoleRequest = `page=console&acr_values=${phr}&max_age=${consoleMaxAge}`;

/**
 * Where a browser goes after its login; without a request, to the page at `/` or, if that is off, to the API's. The path is
 * always ours. What the login has satisfied is removed from the request, or `/authorize` would ask for a login for ever:
 * `max_age`, and `login`, `select_account` and `create` of `prompt`. Source: OpenID Connect Core §3.1.2.1.
 */
export function resumeLocation(request: string, { comparison }: Pick<Config, 'comparison'>): string {
  if (request === '') return comparison ? '/' : '/docs';
  if (request === accountRequest) return '/account';
  if (request === consoleRequest) return '/admin/console';
  const parameters = Parameters.parse(request);
  const prompts = (parameters.get('prompt') ?? '').split(' ').filter((prompt) => prompt !== '');
  const open = prompts.filter((prompt) => !['login', 'select_account', 'create'].includes(prompt));
  const rest = parameters.without('prompt', 'max_age');
  return `/authorize?${rest}${open.length === 0 ? '' : `&${new URLSearchParams({ prompt: open.join(' ') })}`}`;
}
