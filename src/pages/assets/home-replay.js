import { Attacks } from './home-attacks.js';
import { concealed } from './home-credentials.js';
import { element } from './home-dom.js';

/** Offers to send the request that finished a login once more, as a thief who overheard it would, and shows the answer. */
export function offerReplay(column, { method, path, form, json }, { title, knowledge }) {
  const attacks = new Attacks(column);
  const button = element('button', { type: 'button', textContent: 'Be the thief: send it again' });
  button.addEventListener('click', async () => {
    const begun = performance.now();
    const response = await fetch(path, {
      method,
      headers: json ? { 'content-type': 'application/json' } : {},
      body: json ? JSON.stringify(json) : new URLSearchParams(form),
    });
    const { error = null, reason = null, error_description: description } = await response.json().catch(() => ({}));
    const defended = !response.ok;
    attacks.add({
      name: 'by-hand.replay',
      title,
      knowledge,
      status: response.status,
      error,
      reason,
      defended,
      verdict: defended ? `Refused: ${description ?? response.status}` : 'The same request was answered twice',
      request: { method, path, body: await concealed(form ?? json) },
      answers: { [`${response.status} ${reason ?? ''}`.trim()]: 1 },
      checks: [],
      elapsedMs: performance.now() - begun,
    });
  });
  column.querySelector('.steps').after(button);
}
