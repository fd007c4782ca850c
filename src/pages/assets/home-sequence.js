import { element } from './home-dom.js';
import { StorePanel } from './home-store.js';
import { chips, tellingFields } from './home-values.js';

const actors = { client: 'The client', browser: 'The browser', wallet: 'The wallet' };

/** What a part of a login is for, as its heading says it. */
const phases = {
  challenge: 'The challenge: the client commits itself',
  person: 'The person signs in on the server’s page',
  proof: 'The proof: whoever began shows it',
  resource: 'The token in use',
};

/** One model's column: the steps of a login as they come, and beside them what the store holds. */
export class Sequence {
  constructor(column) {
    this.column = column;
    this.steps = column.querySelector('.steps');
    this.total = column.querySelector('.steps').previousElementSibling.querySelector('.total');
    this.store = new StorePanel(column.querySelector('.store'));
    this.clear();
  }

  clear() {
    this.steps.replaceChildren();
    this.total.textContent = '';
    this.store.clear();
    this.phase = undefined;
    this.elapsedMs = 0;
  }

  /** Shows a step, as `GET /compare/runs/:id` describes it. */
  add(step) {
    const change = this.store.show(step.stored.after);
    const item = element(
      'li',
      { className: 'step', data: { actor: step.actor, phase: step.phase, alive: String(this.store.isAlive) } },
      step.phase === this.phase ? undefined : element('p', { className: 'phase', textContent: phases[step.phase] }),
      headline(step),
      chips('keeps', tellingFields(step.holds)),
      step.sent && chips('sends', tellingFields(step.sent.query, step.sent.body, step.sent.headers)),
      step.received && chips('gets', tellingFields(step.received.body, step.received.headers)),
      change && element('p', { className: 'change', data: { change: change.kind }, textContent: change.text }),
      details(step),
    );
    this.steps.append(item);
    this.phase = step.phase;
    this.elapsedMs += step.elapsedMs;
    this.total.textContent = `${this.steps.children.length} steps, ${duration(this.elapsedMs)}`;
    return item;
  }
}

export function duration(milliseconds) {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

function headline({ actor, action, sent, received, elapsedMs }) {
  const exchange = sent && element('code', { textContent: `${sent.method} ${sent.path}` });
  const answer = received && element('code', { className: 'status', textContent: String(received.status) });
  return element(
    'div',
    { className: 'headline' },
    element('p', {}, element('strong', { textContent: actors[actor] ?? actor }), ` ${action}.`),
    element(
      'p',
      { className: 'wire' },
      ...(sent
        ? [element('span', { textContent: 'to the server ' }), exchange]
        : [element('span', { textContent: 'stays inside' })]),
      ...(answer ? [' answered ', answer] : []),
      element('span', { className: 'time', textContent: duration(elapsedMs) }),
    ),
  );
}

function details({ sent, received, stored }) {
  const parts = [
    ['Sent', sent],
    ['Received', received],
    ['In the store before', stored.before],
    ['In the store after', stored.after],
  ].filter(([, value]) => value !== null && value !== undefined && value.length !== 0);
  if (parts.length === 0) return undefined;
  return element(
    'details',
    {},
    element('summary', { textContent: 'Everything' }),
    ...parts.map(([name, value]) => dump(name, value)),
  );
}

/** A value of the API in full, as JSON that a reader can copy. */
export function dump(name, value) {
  return element(
    'figure',
    {},
    element('figcaption', { textContent: name }),
    element('pre', { tabIndex: 0, textContent: JSON.stringify(value, null, 2) }),
  );
}
