/** The SHA-256 of a text, in base64url without padding. */
export async function hash(text) {
  return base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

/** A credential as the page shows it: the beginning of its hash, as `GET /compare/runs/:id` does. */
export async function shortened(credential) {
  return `sha256:${(await hash(credential)).slice(0, 8)}`;
}

/** 256 random bits as 43 characters. Source: RFC 7636 §4.1. */
export function newSecret() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Fields that are never shown as they are. */
const secret = new Set(['code', 'code_verifier', 'access_token', 'id_token', 'refresh_token', 'signature']);

/** The fields with their credentials shortened. */
export async function concealed(fields) {
  const entries = Object.entries(fields).map(async ([name, value]) => [
    name,
    secret.has(name) ? await shortened(String(value)) : value,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
