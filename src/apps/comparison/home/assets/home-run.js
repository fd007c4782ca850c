import { Attacks, isOpen, mustBeDefended } from './home-attacks.js';
import { followRun, readCatalogue, startRun } from './home-run-client.js';
import { Sequence } from './home-sequence.js';
import { ownRecords } from './home-store.js';

/** Milliseconds in slow motion: of a step, of one after which the record waits in the store, of an attack. */
const paces = { step: 900, waiting: 2_200, attack: 400 };

const form = document.querySelector('#run');
const button = form.querySelector('button');
const slow = form.querySelector('input[name=slow]');
const progress = document.querySelector('#run-progress');
const status = document.querySelector('#run-status');
const breach = document.querySelector('#breach');
const cleanup = document.querySelector('#run-cleanup');

/** The columns, by their model. */
const columns = new Map(
  Array.from(document.querySelectorAll('#columns .column'), (column) => [
    column.dataset.model,
    { sequence: new Sequence(column), attacks: new Attacks(column), queue: Promise.resolve() },
  ]),
);

/** Resolves when the run's logins have been shown; set by its first attack. */
let loginsSeen;
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
  const summaries = [];
  let cleanedUp = '';
  say('The server begins…');
  try {
    const [id, catalogue] = await Promise.all([startRun({ models: [...columns.keys()] }), readCatalogue()]);
    const end = await followRun(id, {
      started: ({ expected }) => begin(expected.steps + expected.attacks),
      step: showStep,
      attack: (outcome) => showAttack({ ...catalogue.get(outcome.name), ...outcome }),
      summary: (summary) => summaries.push(summary),
      cleanup: (event) => (cleanedUp = tidied(event)),
    });
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

function begin(total) {
  progress.max = total;
  progress.value = 0;
  progress.hidden = false;
}

/** The columns fill side by side: what comes for one waits only for what came for it before. */
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
  const isWaiting = ownRecords(step.stored.after).some(({ collection }) => collection === 'challenges');
  const pace = isWaiting ? paces.waiting : paces.step;
  show(step.model, ({ sequence }) => sequence.add(step), { pace, text: 'The logins are running…' });
}

/** The attacks begin when the logins have been seen to their end. */
function showAttack(outcome) {
  loginsSeen ??= Promise.all(Array.from(columns.values(), ({ queue }) => queue));
  const column = columns.get(outcome.model);
  const seen = loginsSeen;
  column.queue = column.queue.then(() => seen);
  const put = ({ attacks }) => {
    attacks.add(outcome);
    if (isOpen(outcome)) warn();
  };
  show(outcome.model, put, { pace: paces.attack, text: 'Now the attacks…' });
}

function allOutcomes() {
  return Array.from(columns.values(), ({ attacks }) => attacks.outcomes).flat();
}

function warn() {
  const open = allOutcomes().filter(isOpen);
  breach.textContent = `Not safe. Not defended against: ${open.map(({ title }) => title).join('; ')}.`;
}

function tidied({ removed, left }) {
  const counts = Object.entries(removed).map(([name, count]) => `${name} ${count}`);
  return `Afterwards the run removed what it had made: ${counts.join(', ')}. Left are ${left}.`;
}

function conclude({ status: end, message }) {
  const outcomes = allOutcomes().filter(mustBeDefended);
  if (end === 'passed') say(`The logins succeeded, and all ${outcomes.length} attacks were defended against.`, 'good');
  else say(`${message}.`);
}

function say(text, mood = '') {
  if (status.textContent === text) return;
  status.textContent = text;
  status.dataset.mood = mood;
}
