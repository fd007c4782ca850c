import { errorClass, errors } from '../../../platform/http/protocol-error';

const askAgain = 'Ask whoever sent you the link for a new one, or recover your account at /recover.';

/** Errors of links, by reason. Source: docs/http-api.md, section GET /link. */
export const linkErrors = {
  ...errors(400, 'invalid_grant', {
    link_unknown: ['Unknown link', `There may be a newer link, which made this one void. ${askAgain}`],
    link_used: ['Link already used', `Sign in with what you chose. If it was not you who used it: ${askAgain}`],
    link_expired: ['Link expired', askAgain],
  }),
};

export class LinkError extends errorClass(linkErrors) {}
