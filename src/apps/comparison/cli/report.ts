import type { SessionModel } from '../../../domain/identity/authentication';
import type { Aspect, Comparison, Statement, WayAspect } from '../comparison';
import type { AttackOutcome, ShownRecord, Step, Summary } from '../run';
import type { RunView } from '../run-view';

const models: readonly SessionModel[] = ['pkce', 'wallet', 'passkey'];
const names: Readonly<Record<SessionModel, string>> = { pkce: 'PKCE', wallet: 'wallet', passkey: 'passkey' };

/** The comparison and its run as readable text. */
export function reportOf({ server, models: views, aspects, walletMessages }: Comparison, run: RunView): string {
  const store = server.store === 'lmdb' ? 'the embedded store' : 'MongoDB';
  const sections = [
    `${server.issuer}, on ${store}, workers: ${server.workers}`,
    ...run.models.map((model) =>
      section(views[model].title, stepLines(run.steps.filter((step) => step.model === model))),
    ),
    section(
      run.without.length === 0 ? 'Attacks' : `Attacks without ${run.without.join(' and ')}`,
      run.attacks.map(attackLine),
    ),
    section('Side by side', aspects.flatMap(aspectLines)),
    section('Who writes the wallet’s message', walletMessages.flatMap(wayLines)),
    section('What the logins cost', costLines(run)),
    run.status === 'passed' ? `PASSED: ${run.message}` : `${run.status.toUpperCase()}: ${run.message}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [title, '─'.repeat(title.length), ...lines].join('\n');
}

function stepLines(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    const { sent, received } = step;
    const exchange = sent === null || received === null ? '' : `  ${sent.method} ${sent.path} → ${received.status}`;
    return [
      `${String(step.number).padStart(2)} ${step.actor.padEnd(7)} ${step.action}${exchange}  (${step.elapsedMs} ms)`,
      ...storeLines(step),
    ];
  });
}

/** What appeared in and disappeared from the store with this step. */
function storeLines({ stored: { before, after } }: Step): string[] {
  const [was, is] = [before.map(nameOf), after.map(nameOf)];
  return [
    ...was.filter((each) => !is.includes(each)).map((each) => `           store − ${each}`),
    ...after
      .filter((record) => !was.includes(nameOf(record)))
      .map((record) => `           store + ${nameOf(record)}, ${record.secondsToLive} s to live`),
  ];
}

function nameOf({ collection, kind, id }: ShownRecord): string {
  return `${collection}${typeof kind === 'string' ? `/${kind}` : ''} ${id}`;
}

function attackLine({ defended, expected, name, verdict }: AttackOutcome): string {
  const mark = expected !== 'succeeds' ? (defended ? '✓' : '✗') : '·';
  return `${mark} ${name.padEnd(28)} ${verdict}`;
}

function aspectLines(aspect: Aspect): string[] {
  return [
    aspect.title,
    ...models.flatMap((model) => statementLines(names[model], aspect[model])),
    ...statementLines('both', aspect.both),
  ];
}

function wayLines({ title, server, wallet }: WayAspect): string[] {
  return [title, ...statementLines('server', server), ...statementLines('wallet', wallet)];
}

function statementLines(whose: string, statement: Statement): string[] {
  return [`  ${whose.padEnd(8)}${statement.text}`, ...rowLines(statement)];
}

function rowLines({ rows = [] }: Statement): string[] {
  return rows.map(({ after, holds, worth }) => `          after ${after}: ${holds.join(', ')}. ${worth}`);
}

function costLines({ summary, models: played }: RunView): string[] {
  const row = (name: string, value: (each: Summary) => string) => {
    const cells = played.map((model) => {
      const each = summary[model];
      return (each === undefined ? '–' : value(each)).padStart(12);
    });
    return `${name.padEnd(34)}${cells.join('')}`;
  };
  return [
    `${''.padEnd(34)}${played.map((model) => names[model].padStart(12)).join('')}`,
    row('round trips, challenge and proof', (each) => {
      const { challenge, proof } = each.roundTripsByPhase;
      return String(challenge + proof);
    }),
    row('bytes, challenge and proof', ({ protocolBytes }) => String(protocolBytes)),
    row('the whole login, ms', ({ elapsedMs }) => elapsedMs.toFixed(1)),
    row('attacks defended against', ({ attacks }) => `${attacks.defended}/${attacks.total}`),
  ];
}
