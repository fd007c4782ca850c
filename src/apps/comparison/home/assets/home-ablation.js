import { element } from './home-dom.js';
import { followRun, startRun } from './home-run-client.js';
import { dump } from './home-sequence.js';

const form = document.querySelector('#ablation-choice');
const status = document.querySelector('#ablation-status');
const result = document.querySelector('#ablation-result');
const senders = { owner: 'The owner', attacker: 'The attacker' };

/** Read when it is first needed. */
let recorded;

/** Lets a visitor choose a check, to see what falls without it, or an attack, to see what stands in its way. */
export function offerAblation() {
  const { check, attack } = form.elements;
  form.hidden = false;
  check.addEventListener('change', () => choose(attack, check.value, showCheck));
  attack.addEventListener('change', () => choose(check, attack.value, showAttack));
}

async function choose(other, id, show) {
  other.value = '';
  result.replaceChildren();
  status.textContent = '';
  if (id === '') return;
  try {
    recorded ??= await read();
    show(id);
  } catch {
    status.textContent = 'The record cannot be had at the moment. Please try again.';
  }
}

async function read() {
  const response = await fetch('/compare/ablation');
  if (!response.ok) throw new Error('no record');
  return response.json();
}

function showCheck(id) {
  const { title, source, where, ablation } = recorded.checks.find((check) => check.id === id);
  const alone = recorded.cells.filter(({ check, exchanges }) => check === id && exchanges !== undefined);
  const pairs = recorded.pairs.filter(({ checks }) => checks.includes(id));
  status.textContent =
    alone.length > 0
      ? `Without it falls: ${alone.map(({ attack }) => attackOf(attack).title).join('; ')}.`
      : `Alone it lets nothing through: “${namesOf(pairs, id)}” stops the same.`;
  result.replaceChildren(
    element('h3', { textContent: title }),
    facts([
      ['Where it comes from', source],
      ['Where it stands', where.replace('#', ', ')],
      ['What the flow does without it', ablation],
    ]),
    ...alone.map((cell) => fall(cell.attack, cell)),
    ...pairs.map((pair) => fall(pair.attack, pair, `Without both, “${pair.checks.map(titleOf).join('” and “')}”: `)),
    ...(form.dataset.live === 'true' ? [liveButton(id)] : []),
  );
}

function showAttack(id) {
  const { title, knowledge, attempt, defence, expected } = attackOf(id);
  const alone = recorded.cells.filter(({ attack, exchanges }) => attack === id && exchanges !== undefined);
  const pairs = recorded.pairs.filter(({ attack }) => attack === id);
  const inTheWay = [
    ...alone.map(({ check }) => element('li', {}, checkButton(check))),
    ...pairs.map(({ checks: [one, other] }) =>
      element('li', {}, checkButton(one), ' together with ', checkButton(other)),
    ),
  ];
  status.textContent =
    expected === 'succeeds'
      ? 'Nothing stops it: it shows what prevents it elsewhere.'
      : `It takes all of these to stop it: ${inTheWay.length}.`;
  result.replaceChildren(
    element('h3', { textContent: title }),
    facts([
      ['The attacker has', knowledge],
      ['and does', attempt],
      ['Why it comes to nothing', defence],
    ]),
    element('ul', { className: 'checks' }, ...inTheWay),
  );
}

function checkButton(id) {
  const button = element('button', { type: 'button', textContent: titleOf(id) });
  button.addEventListener('click', () => {
    form.elements.check.value = id;
    form.elements.check.focus();
    void choose(form.elements.attack, id, showCheck);
  });
  return button;
}

/** One attack that fell, opening to how. */
function fall(attack, { verdict, exchanges = [] }, without = '') {
  return element(
    'details',
    { className: 'fall' },
    element('summary', { textContent: `${without}${attackOf(attack).title}` }),
    element('p', { textContent: `${attackOf(attack).knowledge} ${verdict}.` }),
    element('ol', {}, ...exchanges.map(exchange)),
  );
}

function exchange({ by, method, path, sent, status: answered, received, stored }) {
  const parts = [
    ['Sent', sent],
    ['Received', received],
    ['In the store afterwards', stored],
  ].filter(([, value]) => value !== null && value.length !== 0);
  return element(
    'li',
    { data: { by } },
    element(
      'p',
      {},
      element('strong', { textContent: senders[by] }),
      ' ',
      code(`${method} ${path}`),
      ' answered ',
      code(answered),
    ),
    ...parts.map(([name, value]) => dump(name, value)),
  );
}

/** Takes the check away on a twin that this server starts, now. */
function liveButton(id) {
  const button = element('button', { type: 'button', textContent: 'Take it away now' });
  const said = element('p', { className: 'status', role: 'status' });
  const fell = element('div');
  button.addEventListener('click', async () => {
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    fell.replaceChildren();
    said.textContent = 'A twin of this server starts without it…';
    const show = (outcome) => {
      if (outcome.fell && outcome.expected !== 'succeeds') fell.append(fall(outcome.name, outcome));
    };
    try {
      await followRun(await startRun({ without: [id] }), { attack: show });
      said.textContent = `Just now fell without it: ${fell.childElementCount}.`;
    } catch (error) {
      said.textContent = error.message;
    } finally {
      button.ariaDisabled = 'false';
    }
  });
  return element('div', { className: 'live' }, button, said, fell);
}

function namesOf(pairs, id) {
  const others = pairs.flatMap(({ checks }) => checks.filter((each) => each !== id));
  return [...new Set(others)].map(titleOf).join('” or “');
}

function titleOf(id) {
  return recorded.checks.find((check) => check.id === id).title;
}

function attackOf(id) {
  return recorded.attacks.find((attack) => attack.id === id);
}

function facts(rows) {
  return element(
    'dl',
    {},
    ...rows.flatMap(([name, text]) => [element('dt', { textContent: name }), element('dd', { textContent: text })]),
  );
}

function code(text) {
  return element('code', { textContent: String(text) });
}
