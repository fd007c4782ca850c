import { element } from './home-dom.js';

/** Field names whose values tell the story of a login; the others stand in the details. */
const telling = [
  'code_verifier',
  'code_challenge',
  'state',
  'code',
  'private_key',
  'address',
  'nonce',
  'challenge',
  'message',
  'signature',
  'access_token',
  'authorization',
  'sub',
  'error',
  'reason',
];

/** The telling fields among these, in the order of the story; of a URL in `location` its query counts as well. */
export function tellingFields(...sources) {
  const fields = new Map();
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue;
    for (const [name, value] of [...Object.entries(source), ...queryOf(source.location)]) {
      if (typeof value === 'string' && value !== '') fields.set(name.toLowerCase(), value);
    }
  }
  return telling.filter((name) => fields.has(name)).map((name) => [name, fields.get(name)]);
}

function queryOf(location) {
  if (typeof location !== 'string' || !location.includes('?')) return [];
  // A page of the server itself only repeats the request.
  return location.startsWith('/') ? [] : [...new URLSearchParams(location.slice(location.indexOf('?')))];
}

/** Names and values as a list of chips. A value that is a hash, or has one, carries a mark in a colour of that hash's own. */
export function chips(label, fields) {
  if (fields.length === 0) return undefined;
  const items = fields.map(([name, value]) =>
    element('li', {}, element('span', { className: 'name', textContent: name }), ' ', valueOf(value)),
  );
  return element(
    'div',
    { className: 'fields' },
    element('span', { className: 'verb', textContent: label }),
    element('ul', { className: 'chips' }, ...items),
  );
}

function valueOf(value) {
  // The message to sign is for people: they are to see what they would sign.
  if (value.includes('\n')) return element('pre', { className: 'message', tabIndex: 0, textContent: value });
  const shown = element('code', { textContent: value.length > 24 ? `${value.slice(0, 16)}…` : value });
  if (shown.textContent !== value) shown.title = value;
  const hash = hashIn(value);
  if (hash === undefined) return shown;
  const mark = element('i', { className: 'mark' });
  mark.setAttribute('aria-hidden', 'true');
  mark.style.setProperty('--hue', String(hueOf(hash)));
  return element('span', { className: 'value' }, mark, shown);
}

/** The first eight characters of a hash: of a shortened credential, or of a code_challenge, which is the hash itself. */
function hashIn(value) {
  const [, shortened] = /sha256:([\w-]{8})/.exec(value) ?? [];
  return shortened ?? (/^[\w-]{43}$/.test(value) ? value.slice(0, 8) : undefined);
}

/** The hues of the hashes seen so far: by the golden angle, so that no two of a login look alike. */
const hues = new Map();

function hueOf(hash) {
  if (!hues.has(hash)) hues.set(hash, Math.round(hues.size * 137.5 + 250) % 360);
  return hues.get(hash);
}
