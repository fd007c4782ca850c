import { element } from './home-dom.js';
import { dump, duration } from './home-sequence.js';

/** One model's attacks as they end. One that gets through is shown as what it is. */
export class Attacks {
  constructor(column) {
    this.section = column.querySelector('.theft');
    this.list = column.querySelector('.attacks');
    this.total = this.section.querySelector('.total');
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.section.hidden = true;
    this.outcomes = [];
  }

  /** Shows an outcome, as `GET /compare/runs/:id` describes it. */
  add(outcome) {
    this.section.hidden = false;
    this.outcomes.push(outcome);
    this.list.append(row(outcome));
    const defended = this.outcomes.filter((each) => each.defended).length;
    this.total.textContent = `${defended} of ${this.outcomes.length} refused`;
    this.section.dataset.breached = String(defended < this.outcomes.length);
  }
}

function row(outcome) {
  const { name, title, knowledge, status, reason, error, defended, verdict } = outcome;
  const answer = [status, reason ?? error].filter((part) => part !== null).join(' ');
  return element(
    'li',
    { className: 'attack', data: { name, defended: String(defended) } },
    element(
      'p',
      { className: 'outcome' },
      element('strong', { textContent: title }),
      ' ',
      element('span', { className: 'badge', textContent: defended ? 'refused' : 'GOT THROUGH' }),
    ),
    element('p', { className: 'verdict' }, defended ? element('code', { textContent: answer }) : verdict),
    element(
      'details',
      {},
      element('summary', { textContent: 'What the attacker had and did' }),
      knowledge && element('p', {}, element('span', { className: 'verb', textContent: 'holds' }), ` ${knowledge}`),
      element('p', {}, element('span', { className: 'verb', textContent: 'result' }), ` ${verdict}`),
      checks(outcome),
      outcome.request && dump('The request', outcome.request),
      dump('The answers', outcome.answers),
      element('p', { className: 'time', textContent: duration(outcome.elapsedMs) }),
    ),
  );
}

function checks(outcome) {
  if (outcome.checks.length === 0) return undefined;
  const items = outcome.checks.map(({ claim, held }) =>
    element('li', { textContent: `${held ? 'holds' : 'DOES NOT HOLD'}: ${claim}` }),
  );
  return element('ul', {}, ...items);
}
