import { Attacks } from './home-attacks.js';
import { concealed } from './home-credentials.js';
import { element } from './home-dom.js';

/** Lets a visitor send the request that finished a login once more, as a thief who overheard it would. */
export class Replay {
  constructor(column) {
    this.attacks = new Attacks(column);
    this.button = element('button', { type: 'button', textContent: 'Be the thief: send it again', hidden: true });
    this.button.addEventListener('click', () => void this.send());
    column.querySelector('.steps').after(this.button);
  }

  withdraw() {
    this.attacks.clear();
    this.button.hidden = true;
  }

  /** `request` as `LoginRecord.exchange` takes it; `title` and `knowledge` say what is replayed. */
  offer(request, { title, knowledge }) {
    this.request = request;
    this.words = { name: 'by-hand.replay', title, knowledge, attempt: 'Sends it a second time.' };
    this.button.hidden = false;
  }

  async send() {
    const { method, path, form, json } = this.request;
    const begun = performance.now();
    const response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...(json && { 'content-type': 'application/json' }) },
      body: json ? JSON.stringify(json) : new URLSearchParams(form),
    });
    const { reason, error_description: description } = await response.json().catch(() => ({}));
    const { ok, status } = response;
    this.attacks.add({
      ...this.words,
      defended: !ok,
      verdict: ok ? 'The same request was answered twice' : `Refused: ${description ?? status}`,
      request: { method, path, body: await concealed(form ?? json) },
      answers: { [[status, reason].filter(Boolean).join(' ')]: 1 },
      checks: [],
      elapsedMs: performance.now() - begun,
    });
  }
}
