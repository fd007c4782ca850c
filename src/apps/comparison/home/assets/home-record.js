import { concealed, hash, shortened } from './home-credentials.js';
import { Refusal } from './wallets.js';

/** Writes down a login by hand in steps of the shape that `GET /compare/runs/:id` has, for the same picture of it. */
export class LoginRecord {
  /** `onStep` is called with each step; `recordId` is the id in the store of the challenge, once it is known. */
  constructor(model, onStep) {
    this.model = model;
    this.onStep = onStep;
    this.recordId = undefined;
    this.stored = [];
  }

  /** A step that stays inside its actor. */
  async inside(title, work, holds = () => ({})) {
    const begun = performance.now();
    const result = await work();
    const elapsedMs = performance.now() - begun;
    await this.write(title, { sent: null, received: null, elapsedMs }, await holds(result));
    return result;
  }

  /** A step that is one HTTP exchange. Returns the answer, `{ ok, status, body }`. Throws: Refusal without one. */
  async exchange(title, { method, path, token, form, json }, learned = () => ({})) {
    const begun = performance.now();
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(json && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: json ? JSON.stringify(json) : form && new URLSearchParams(form),
    }).catch(() => {
      throw new Refusal('The server cannot be reached. Please try again.');
    });
    const body = await response.json().catch(() => null);
    const elapsedMs = performance.now() - begun;
    const { ok, status } = response;
    const holds = ok ? learned(body) : {};
    const sent = {
      method,
      path,
      body: (form ?? json) ? await concealed(form ?? json) : null,
      headers: token ? { authorization: `Bearer ${await shortened(token)}` } : {},
    };
    await this.write(title, { sent, received: { status, body: body && (await concealed(body)) }, elapsedMs }, holds);
    return { ok, status, body };
  }

  async write(title, exchange, holds = {}) {
    const before = this.stored;
    this.stored = this.recordId === undefined ? [] : await recordsOf(this.recordId);
    this.onStep({ model: this.model, ...title, ...exchange, holds, stored: { before, after: this.stored } });
  }
}

/** What the store holds now of the challenge with this id, as the server tells it in development. */
async function recordsOf(id) {
  const state = await fetch('/debug/state').then((response) => (response.ok ? response.json() : {}));
  // A challenge and the grant that it becomes are known by one another: the grant's id is a hash of the challenge's.
  const kinds = ['authorization_code', 'wallet_challenge'];
  const grants = await Promise.all(kinds.map(async (kind) => (await hash(`${kind}:${id}`)).slice(0, 22)));
  return ['challenges', 'grants'].flatMap((collection) =>
    (state[collection]?.records ?? [])
      .filter((record) => record.id === id || grants.includes(record.id))
      .map((record) => ({ ...record, collection })),
  );
}
