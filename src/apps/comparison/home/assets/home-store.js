import { element } from './home-dom.js';

/** What a record is, in words for people, and which of its fields a proof is checked against, under their public names. */
const kinds = {
  authorization_code: {
    name: 'One-time code, as its hash',
    fields: { codeChallenge: 'code_challenge', clientId: 'client', redirectUri: 'redirect URI' },
    stored: 'the code as its hash, with the code_challenge',
  },
  wallet_challenge: {
    name: 'Message to sign',
    fields: { wallet: 'address', id: 'nonce', clientId: 'client' },
    stored: 'the message to sign, with its nonce and the address',
  },
  passkey_login: {
    name: 'Challenge to sign',
    fields: { id: 'challenge', browser: 'browser, as a hash' },
    stored: 'the challenge, and the browser that asked for it',
  },
};

/** What the other records are for. */
const purposes = {
  sessions: 'so that the person need not sign in again',
  grants: 'what the login gave the client; by it a replay is recognised and can be answered',
};

/** The records of one login in the server's store, with their seconds to live counting down. */
export class StorePanel {
  constructor(panel) {
    this.list = panel.querySelector('.records');
    this.empty = panel.querySelector('.empty');
    this.cards = new Map();
    setInterval(() => this.tick(), 500);
  }

  clear() {
    this.cards.clear();
    this.list.replaceChildren();
    this.empty.hidden = false;
  }

  /** Whether a challenge of the login is in the store. */
  get isAlive() {
    return [...this.cards.values()].some(({ record }) => record.collection === 'challenges');
  }

  /** Shows these records in place of the ones before, and tells what has changed about the challenge. */
  show(all) {
    const records = ownRecords(all);
    const wanted = new Map(records.map((record) => [`${record.collection} ${record.id}`, record]));
    const gone = [...this.cards].filter(([key]) => !wanted.has(key)).map(([, each]) => each);
    const added = [...wanted].filter(([key]) => !this.cards.has(key)).map(([, record]) => record);
    for (const [key, record] of wanted) this.put(key, record);
    for (const { key, node } of gone) {
      this.cards.delete(key);
      node.remove();
    }
    this.empty.hidden = this.cards.size > 0;
    return changeOf(
      gone.map(({ record }) => record),
      added,
    );
  }

  put(key, record) {
    // A record that is known goes on counting down: in slow motion the next step was taken long ago.
    if (this.cards.has(key)) return;
    const seenAt = performance.now();
    const left = element('span', { className: 'left' });
    const bar = element('progress', { max: Math.max(1, record.secondsToLive), value: record.secondsToLive });
    bar.setAttribute('aria-hidden', 'true');
    const node = card(record, left, bar);
    this.cards.set(key, { key, record, seenAt, left, bar, node });
    this.list.append(node);
    this.tick();
  }

  tick() {
    for (const { record, seenAt, left, bar } of this.cards.values()) {
      const seconds = Math.max(0, Math.ceil(record.secondsToLive - (performance.now() - seenAt) / 1_000));
      left.textContent = seconds > 0 ? `${span(seconds)} to live` : 'expired';
      bar.value = seconds;
    }
  }
}

/** The records of the model itself. The login page's own challenge is the person's affair, who may as well use a password. */
export function ownRecords(records) {
  return records.filter(({ kind }) => kind !== 'wallet_login');
}

function span(seconds) {
  if (seconds < 600) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function card(record, left, bar) {
  const fields = record.collection === 'challenges' ? Object.entries(kinds[record.kind]?.fields ?? {}) : [];
  const rows = fields.flatMap(([field, name]) =>
    typeof record[field] === 'string'
      ? [element('dt', { textContent: name }), element('dd', {}, element('code', { textContent: record[field] }))]
      : [],
  );
  return element(
    'li',
    { className: 'record', data: { collection: record.collection } },
    element('p', {}, element('strong', { textContent: nameOf(record) }), ' ', left),
    bar,
    purposes[record.collection] && element('p', { className: 'purpose', textContent: purposes[record.collection] }),
    rows.length > 0 ? element('dl', {}, ...rows) : undefined,
  );
}

function nameOf({ collection, kind, id }) {
  if (collection === 'sessions') return 'Session of the browser';
  if (collection === 'grants') return 'Grant of the login';
  return kinds[kind]?.name ?? kind ?? id;
}

function changeOf(gone, added) {
  const stored = added.find(({ collection }) => collection === 'challenges');
  if (stored !== undefined) {
    const what = kinds[stored.kind]?.stored ?? nameOf(stored);
    return { kind: 'stored', text: `Now in the server’s store, for ${span(stored.secondsToLive)}: ${what}.` };
  }
  if (gone.some(({ collection }) => collection === 'challenges')) {
    return { kind: 'gone', text: 'Gone from the store: this proof has used it up, and a second one finds nothing.' };
  }
  return undefined;
}
