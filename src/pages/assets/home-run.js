import { Attacks } from './home-attacks.js';
import { Sequence } from './home-sequence.js';

/** Milliseconds that a step, and an attack, has for itself in slow motion. */
const paces = { step: 900, attack: 350 };

const form = document.querySelector('#run');
const button = form.querySelector('button');
const slow = form.querySelector('input[name=slow]');
const status = document.querySelector('#run-status');
const breach = document.querySelector('#breach');

/** The two columns, by their model. */
const columns = new Map(
  Array.from(document.querySelectorAll('#columns .column'), (column) => [
    column.dataset.model,
    { sequence: new Sequence(column), attacks: new Attacks(column), queue: Promise.resolve() },
  ]),
);

/** Lets the form start runs; `onEnd` is called after each. */
export function offerRuns(onEnd) {
  slow.checked = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run().finally(onEnd);
  });
  button.disabled = false;
}

async function run() {
  button.disabled = true;
  breach.textContent = '';
  for (const { sequence, attacks } of columns.values()) {
    sequence.clear();
    attacks.clear();
  }
  say('The server begins…');
  try {
    const end = await watch(await start());
    await Promise.all(Array.from(columns.values(), ({ queue }) => queue));
    conclude(end);
  } catch (error) {
    say(error.message);
  } finally {
    button.disabled = false;
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

function whyNot({ status: code, headers }, { error_description: description = 'The server refused' }) {
  const seconds = headers.get('retry-after');
  const again = seconds === null ? 'Please try again later.' : `Please try again in ${seconds} seconds.`;
  if (code === 429) return `Others are running the comparison now, or you have run it often. ${again}`;
  if (code === 503) return `The server cannot reach its database at the moment. ${again}`;
  return `${description}.`;
}

/** Resolves with the event that ends the run. */
function watch(id) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/compare/runs/${encodeURIComponent(id)}/events`);
    const on = (type, handle) => source.addEventListener(type, ({ data }) => handle(JSON.parse(data)));
    on('step', (step) => show(step.model, 'step', ({ sequence }) => sequence.add(step)));
    on('attack', (outcome) => show(outcome.model, 'attack', ({ attacks }) => attacks.add(outcome)));
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

/** Both columns fill side by side: what comes for one waits only for what came for it before. */
function show(model, kind, put) {
  const column = columns.get(model);
  if (column === undefined) return;
  column.queue = column.queue.then(async () => {
    put(column);
    say(kind === 'step' ? 'Both logins are running…' : 'Now the attacks…');
    if (slow.checked) await new Promise((resolve) => setTimeout(resolve, paces[kind]));
  });
}

function conclude({ status: end, message }) {
  const outcomes = Array.from(columns.values(), ({ attacks }) => attacks.outcomes).flat();
  const through = outcomes.filter(({ defended }) => !defended);
  if (through.length > 0) {
    breach.textContent = `Not safe: ${through.map(({ title }) => title).join('; ')} got through.`;
  }
  if (end === 'passed') say(`Both logins succeeded, and all ${outcomes.length} attacks were refused.`, 'good');
  else say(`${message}.`);
}

function say(text, mood = '') {
  if (status.textContent === text) return;
  status.textContent = text;
  status.dataset.mood = mood;
}
