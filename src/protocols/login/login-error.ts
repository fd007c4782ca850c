import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of the login and consent forms, by reason. A wrong password is not among them: it shows the form again. */
export const loginErrors = {
  ...errors(403, 'invalid_request', {
    csrf_invalid: [
      'This form was not sent from the page that this browser was shown',
      'Go back, reload the page and try again. Cookies must be allowed for this site, and the form must be sent from the page itself.',
    ],
  }),
  ...errors(400, 'invalid_request', {
    request_too_long: [
      'The authorization request is too long',
      'Send a shorter state, or keep what it holds on your side under a short key.',
    ],
    parameter_repeated: ['A parameter is given more than once', 'Send each parameter once (RFC 6749 §3.1).'],
    client_unknown: [
      'Unknown client_id',
      'The application’s client_id is not registered here. If you build it, check the client_id and this server’s URL.',
    ],
    id_token_hint_mismatch: [
      'id_token_hint is not an ID token of this client_id',
      'Send the client_id that the ID token was issued to, or none.',
    ],
    post_logout_redirect_uri_unregistered: [
      'post_logout_redirect_uri is not registered for this client',
      'Send a post_logout_redirect_uri that is registered for this client, character for character, and with it a client_id or an id_token_hint.',
    ],
    ending_invalid: 'end must be session, app or everything',
  }),
};

export class LoginError extends errorClass(loginErrors) {}
