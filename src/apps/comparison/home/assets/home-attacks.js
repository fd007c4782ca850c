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
    const judged = this.outcomes.filter(mustBeDefended);
    const open = judged.filter(isOpen).length;
    this.total.textContent = `${judged.length - open} of ${judged.length} defended`;
    this.section.dataset.breached = String(open > 0);
  }
}

/** Whether an attack must come to nothing, or be noticed and ended. */
export function mustBeDefended({ expected }) {
  return expected !== 'succeeds';
}

/** Whether an attack got through that must not. */
export function isOpen(outcome) {
  return !outcome.defended && mustBeDefended(outcome);
}

function row(outcome) {
  const { name, title, knowledge, attempt, answers, defended, expected, verdict } = outcome;
  const judged = mustBeDefended(outcome) ? { defended: String(defended) } : { expected };
  return element(
    'li',
    { className: 'attack', data: { name, ...judged } },
    element(
      'p',
      { className: 'outcome' },
      element('strong', { textContent: title }),
      ' ',
      element('span', { className: 'badge', textContent: badgeOf(outcome) }),
    ),
    line('has', knowledge),
    line('does', attempt),
    element(
      'p',
      { className: 'line' },
      verb('gets'),
      ' ',
      defended ? element('code', { textContent: tally(answers) }) : verdict,
    ),
    details(outcome),
  );
}

function badgeOf({ defended, expected }) {
  if (expected === 'succeeds') return defended ? 'did not succeed' : 'succeeds, as expected';
  if (!defended) return 'NOT DEFENDED';
  return expected === 'detected' ? 'noticed, and ended' : 'defended';
}

/** The answers and how many there were of each: of a race one is the owner's. */
function tally(answers) {
  const counted = Object.entries(answers).map(([answer, count]) => (count === 1 ? answer : `${count} × ${answer}`));
  return counted.join(', ');
}

function line(name, text) {
  return text === undefined ? undefined : element('p', { className: 'line' }, verb(name), ` ${text}`);
}

function verb(textContent) {
  return element('span', { className: 'verb', textContent });
}

function details({ defence, source, verdict, request, answers, checks: claims, elapsedMs }) {
  return element(
    'details',
    {},
    element('summary', { textContent: 'Why, and the evidence' }),
    defence && element('p', { textContent: `${defence} (${source})` }),
    element('p', { textContent: `${verdict}. It took ${duration(elapsedMs)}.` }),
    checks(claims),
    request && dump('The request', request),
    dump('The answers', answers),
  );
}

function checks(claims) {
  if (claims.length === 0) return undefined;
  const items = claims.map(({ claim, held }) =>
    element('li', { textContent: `${held ? 'True' : 'NOT TRUE'}: ${claim}` }),
  );
  return element('ul', {}, ...items);
}
