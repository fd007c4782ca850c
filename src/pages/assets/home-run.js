import { Attacks } from './home-attacks.js';
import { Sequence } from './home-sequence.js';

/** Milliseconds in slow motion: of a step, of one after which the record waits in the store, of an attack. */
const paces = { step: 900, waiting: 2_200, attack: 400 };

const form = document.querySelector('#run');
const button = form.querySelector('button');
const slow = form.querySelector('input[name=slow]');
const progress = document.querySelector('#run-progress');
const status = document.querySelector('#run-status');
const breach = document.querySelector('#breach');
const cleanup = document.querySelector('#run-cleanup');

/** The two columns, by their model. */
const columns = new Map(
  Array.from(document.querySelectorAll('#columns .column'), (column) => [
    column.dataset.model,
    { sequence: new Sequence(column), attacks: new Attacks(column), queue: Promise.resolve() },
  ]),
);

/** Resolves when the run's logins have been shown; set by its first attack. */
let loginsSeen;
/** What the run told beside its steps and attacks; shown at its end. */
let summaries = [];
let cleanedUp = '';

/** Lets the form start runs; `onEnd` is called after each. */
export function offerRuns(onEnd) {
  slow.checked = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // Not `disabled`, which would take the focus from whoever pressed it.
    if (button.ariaDisabled !== 'true') void run().finally(onEnd);
  });
  button.disabled = false;
}

async function run() {
  button.ariaDisabled = 'true';
  button.textContent = 'Running…';
  document.querySelector('#columns').hidden = false;
  document.querySelector('#run-section').scrollIntoView();
  breach.textContent = '';
  cleanup.textContent = '';
  for (const { sequence, attacks } of columns.values()) {
    sequence.clear();
    attacks.clear();
  }
  loginsSeen = undefined;
  summaries = [];
  cleanedUp = '';
  say('The server begins…');
  try {
    const [id, catalogue] = await Promise.all([start(), readCatalogue()]);
    const end = await watch(id, catalogue);
    await Promise.all(Array.from(columns.values(), ({ queue }) => queue));
    for (const summary of summaries) columns.get(summary.model).sequence.conclude(summary);
    cleanup.textContent = cleanedUp;
    conclude(end);
  } catch (error) {
    say(error.message);
  } finally {
    progress.hidden = true;
    button.ariaDisabled = 'false';
    button.textContent = 'Run again';
  }
}

async function start() {
  const response = await fetch('/compare/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: '{}',
  }).catch(() => {
    throw new Error('The server cannot be reached. Please try again.');
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(whyNot(response, answer));
  return answer.id;
}

/** What each attack does and what should stop it, by its name. Without it the outcomes are shown all the same. */
async function readCatalogue() {
  const response = await fetch('/compare/attacks').catch(() => undefined);
  const attacks = response?.ok ? await response.json() : [];
  return new Map(attacks.map((attack) => [attack.name, attack]));
}

function whyNot({ status: code, headers }, { error_description: description = 'The server refused' }) {
  const seconds = headers.get('retry-after');
  const again = seconds === null ? 'Please try again later.' : `Please try again in ${seconds} seconds.`;
  if (code === 429) return `Others are running the comparison now, or you have run it often. ${again}`;
  if (code === 503) return `The server cannot reach its database at the moment. ${again}`;
  return `${description}.`;
}

/** Resolves with the event that ends the run. */
function watch(id, catalogue) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/compare/runs/${encodeURIComponent(id)}/events`);
    const on = (type, handle) => source.addEventListener(type, ({ data }) => handle(JSON.parse(data)));
    on('started', ({ expected }) => begin(expected.steps + expected.attacks));
    on('step', showStep);
    on('attack', (outcome) => showAttack({ ...catalogue.get(outcome.name), ...outcome }));
    on('summary', (summary) => summaries.push(summary));
    on('cleanup', (event) => (cleanedUp = tidied(event)));
    on('done', (end) => {
      source.close();
      resolve(end);
    });
    source.addEventListener('error', () => {
      // A connection that broke is taken up again by the browser itself.
      if (source.readyState !== EventSource.CLOSED) return;
      reject(new Error('The connection to the server was lost. Please try again.'));
    });
  });
}

function begin(total) {
  progress.max = total;
  progress.value = 0;
  progress.hidden = false;
}

/** Both columns fill side by side: what comes for one waits only for what came for it before. */
function show(model, put, { pace, text }) {
  const column = columns.get(model);
  column.queue = column.queue.then(async () => {
    put(column);
    say(text);
    progress.value += 1;
    if (slow.checked) await new Promise((resolve) => setTimeout(resolve, pace));
  });
}

function showStep(step) {
  const isWaiting = step.stored.after.some(
    ({ kind, collection }) => collection === 'challenges' && kind !== 'wallet_login',
  );
  const pace = isWaiting ? paces.waiting : paces.step;
  show(step.model, ({ sequence }) => sequence.add(step), { pace, text: 'Both logins are running…' });
}

/** The attacks begin when both logins have been seen to their end. */
function showAttack(outcome) {
  loginsSeen ??= Promise.all(Array.from(columns.values(), ({ queue }) => queue));
  const column = columns.get(outcome.model);
  const seen = loginsSeen;
  column.queue = column.queue.then(() => seen);
  show(outcome.model, ({ attacks }) => attacks.add(outcome), { pace: paces.attack, text: 'Now the attacks…' });
}

function tidied({ removed, left }) {
  const counts = Object.entries(removed).map(([name, count]) => `${count} ${name}`);
  return `Afterwards the run removed what it had made: ${counts.join(', ')}. Left are ${left}.`;
}

function conclude({ status: end, message }) {
  const outcomes = Array.from(columns.values(), ({ attacks }) => attacks.outcomes).flat();
  const through = outcomes.filter(({ defended }) => !defended);
  if (through.length > 0) {
    breach.textContent = `Not safe: ${through.map(({ title }) => title).join('; ')} got through.`;
  }
  if (end === 'passed') say(`Both logins succeeded, and all ${outcomes.length} attacks were defended against.`, 'good');
  else say(`${message}.`);
}

function say(text, mood = '') {
  if (status.textContent === text) return;
  status.textContent = text;
  status.dataset.mood = mood;
}
