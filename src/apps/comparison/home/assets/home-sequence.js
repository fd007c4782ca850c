import { element } from './home-dom.js';
import { StorePanel } from './home-store.js';
import { chips, tellingFields } from './home-values.js';

const actors = {
  client: 'The client',
  browser: 'The browser',
  wallet: 'The wallet',
  authenticator: 'The authenticator',
};

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
    this.total = column.querySelector('.login .total');
    this.cost = column.querySelector('.cost');
    this.store = new StorePanel(column.querySelector('.store'));
    this.clear();
  }

  clear() {
    this.steps.replaceChildren();
    this.total.textContent = '';
    this.cost.textContent = '';
    this.store.clear();
    this.phase = undefined;
    this.phasesSeen = new Set();
    this.elapsedMs = 0;
  }

  /** Shows a step, as `GET /compare/runs/:id` describes it. */
  add(step) {
    const change = this.store.show(step.stored.after);
    const item = element(
      'li',
      { className: 'step', data: { actor: step.actor, phase: step.phase, alive: String(this.store.isAlive) } },
      step.phase === this.phase
        ? undefined
        : element('p', { className: 'phase', textContent: this.phaseTitle(step.phase) }),
      element(
        'p',
        { className: 'headline' },
        element('strong', { textContent: actors[step.actor] }),
        ` ${step.action}.`,
      ),
      wire(step),
      ...(step.phase === 'person' ? [] : fieldsOf(step)),
      change && element('p', { className: 'change', data: { change: change.kind }, textContent: change.text }),
    );
    this.steps.append(item);
    this.phase = step.phase;
    this.phasesSeen.add(step.phase);
    this.elapsedMs += step.elapsedMs ?? 0;
    this.total.textContent = `${this.steps.children.length} steps, ${duration(this.elapsedMs)}`;
    return item;
  }

  phaseTitle(phase) {
    return this.phasesSeen.has(phase) ? 'Back to the challenge: the server keeps it' : phases[phase];
  }

  /** Shows what the login cost, as the run's summary has it. */
  conclude({ roundTripsByPhase: { challenge, proof }, protocolBytes }) {
    const bytes = protocolBytes.toLocaleString('en');
    this.cost.textContent = `Requests for the challenge: ${challenge}, for the proof: ${proof}; ${bytes} bytes for both.`;
  }
}

/** What the actor keeps, sends and gets. Of the person's own login, which may be of any kind, the details tell it. */
function fieldsOf({ holds, sent, received }) {
  return [
    chips('keeps', tellingFields(holds)),
    sent && chips('sends', tellingFields(sent.query, sent.body, sent.headers)),
    received && chips('gets', tellingFields(received.body, received.headers)),
  ];
}

export function duration(milliseconds) {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** The line of what went over the wire; it opens to everything that is known of the step. */
function wire({ sent, received, stored, elapsedMs }) {
  const line = [
    ...endpoints(sent, received),
    elapsedMs !== null && element('span', { className: 'time', textContent: duration(elapsedMs) }),
  ].filter(Boolean);
  const parts = [
    ['Sent', sent],
    ['Received', received],
    ['In the store before', stored.before],
    ['In the store after', stored.after],
  ].filter(([, value]) => value !== null && value.length !== 0);
  if (parts.length === 0) return element('p', { className: 'wire' }, ...line);
  const dumps = parts.map(([name, value]) => dump(name, value));
  return element('details', {}, element('summary', { className: 'wire' }, ...line), ...dumps);
}

function endpoints(sent, received) {
  if (sent === null) return [received === null ? 'stays inside' : 'from the server, by redirect'];
  const request = element('code', { textContent: `${sent.method} ${sent.path}` });
  if (received === null) return ['to the server ', request];
  return ['to the server ', request, ' answered ', element('code', { textContent: String(received.status) })];
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
