/**
 * The browser's credential API takes and returns bytes, the server JSON with base64url. Written out here, because some
 * browsers and password managers have no `toJSON`. Source: WebAuthn Level 3 §5.1.
 */

/** For `navigator.credentials.get`. */
export function requestOptionsOf(json) {
  return { ...json, challenge: toBytes(json.challenge) };
}

/** For `navigator.credentials.create`. */
export function creationOptionsOf(json) {
  return {
    ...json,
    challenge: toBytes(json.challenge),
    user: { ...json.user, id: toBytes(json.user.id) },
    excludeCredentials: json.excludeCredentials.map((each) => ({ ...each, id: toBytes(each.id) })),
  };
}

/** An `AuthenticationResponseJSON` or a `RegistrationResponseJSON`, as text. */
export function jsonOf({ rawId, type, response, authenticatorAttachment }) {
  const id = toText(rawId);
  const members = ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle', 'attestationObject'];
  const said = members.filter((name) => response[name] instanceof ArrayBuffer);
  return JSON.stringify({
    id,
    rawId: id,
    type,
    response: {
      ...Object.fromEntries(said.map((name) => [name, toText(response[name])])),
      ...(typeof response.getTransports === 'function' && { transports: response.getTransports() }),
    },
    ...(authenticatorAttachment && { authenticatorAttachment }),
    clientExtensionResults: {},
  });
}

function toBytes(text) {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0));
}

function toText(buffer) {
  const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte));
  return btoa(characters.join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
