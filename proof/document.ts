import { format } from 'oxfmt';
import type { ProofRecord } from './record';

/** docs/proof.md, as `npm run format` leaves it. */
export async function pageOf(record: ProofRecord): Promise<string> {
  const { code } = await format('proof.md', textOf(record), { printWidth: 120, proseWrap: 'always' });
  return code;
}

function textOf(record: ProofRecord): string {
  const { models, faults, limits } = record;
  const verifications = new Set(record.cells.map(({ check, property }) => `${check} ${property.split('.')[0]}`)).size;
  return [
    '<!-- Written by `npm run proof`; what is changed here by hand is lost. -->',
    '# That the checks suffice',
    'The [ablation](ablation.md) shows what falls when a check is taken away. This page shows the other half: while all of ' +
      'them stand, nothing falls, however requests, servers, crashes and the clock interleave. Each flow is a model in ' +
      '[Promela](../proof), every state of which was visited by [Spin](https://spinroot.com): once with every check, once ' +
      'without each, and once with each fault that was seeded to see whether a property finds it.',
    '    npm run proof    # needs Debian’s spin, and gcc; writes this page and its record',
    `${models.length} models, ${verifications} times a check was taken away, ${faults.length} faults. The run fails when a ` +
      'property falls with every check in place, when a check can go and nothing falls, when a fault is not found, and ' +
      'when the models disagree with what was measured about a check.',
    '## What is claimed, and what is not',
    claims,
    ...models.flatMap((model) => section(record, model)),
    '## Seeded faults',
    'A model that cannot fall proves nothing. Each of these is the model with every check and one mistake.',
    table(
      ['model', 'mistake', 'found by', 'in steps'],
      faults.map(({ model, title, property, story }) => [model, title, verbatim(property), String(story.length)]),
    ),
    ...faults.map((fault) => told(`${fault.model}: ${fault.title} ${verbatim(fault.property)} falls:`, fault.story)),
    '## Beyond the limits',
    'What no check here prevents, because the attacker has more than the properties say. With every check in place:',
    ...limits.map((limit) => told(`${limit.title} ${verbatim(limit.property)} falls:`, limit.story)),
    '## Held against the code',
    traces,
  ].join('\n\n');
}

const claims = [
  'The properties are of four sorts. **Once**: a challenge becomes at most one grant. **Mine**: only who began gets it; each ' +
    'says what the attacker has. **Kept**: nobody else can use a challenge up, or end what it became. **Ended**: what has ' +
    'expired, was replayed or was ended gives nothing any more. **Finishes** is the opposite: a state that there must be, ' +
    'since a service that refuses everything has all of the others.',
  'The models are of the order of steps, and of who knows what. Hashes, signatures and random values are symbols, which ' +
    'nobody breaks or guesses; the store does what one operation of it promises, and between two operations anybody may ' +
    'come. One login, two servers, one attacker and a clock of few ticks are what is visited; that more of them add ' +
    'nothing new is an argument, not a proof.',
  'Left out are checks that are about a browser or about bytes: `state`, CSRF, sessions and consents, chains, low s, ' +
    'ERC-1271, and pushed requests. They are measured alone.',
].join('\n\n');

const traces =
  'A model is worth as much as it resembles the code. `test/operations/proof-traces.test.ts` races requests against three ' +
  'workers on both stores, and notes what was sent and answered, in the order in which it was seen. Spin then searches the ' +
  'models of PKCE, wallet logins, refresh tokens and DPoP, with these requests in place of Alice and Mallory, for a run that ' +
  'sends and answers them in this order. A trace that the model cannot make fails the test, as does a lie that it can: the ' +
  'same trace with a second winner, with none, or with an end that did not come or came too early. The model of endings is ' +
  'held by the tests of kill -9 alone.';

function section(record: ProofRecord, { model, title, states, finishes }: ProofRecord['models'][number]): string[] {
  const properties = record.properties.filter((each) => each.model === model);
  const of = ({ property }: { readonly property: string }) => property.startsWith(`${model}.`);
  const cells = record.cells.filter(of);
  const pairs = record.pairs.filter(of);
  const rows = [...new Set(cells.map(({ check }) => check))].map((check) => {
    const row = cells.filter((cell) => cell.check === check);
    const marks = properties.map(({ id }) =>
      row.find(({ property }) => property === id)?.outcome === 'falls' ? '**falls**' : '·',
    );
    return [verbatim(check), ...marks, figure(row[0]?.states ?? 0)];
  });
  return [
    `## ${title}`,
    `[${model}.pml](../proof/${model}.pml): ${figure(states)} states with every check in place.`,
    table(
      ['property', ''],
      properties.map(({ id, title: claim }) => [verbatim(id), claim]),
    ),
    table(
      ['without', ...properties.map(({ id }) => id.slice(model.length + 1)), 'states'],
      [['nothing', ...properties.map(() => '·'), figure(states)], ...rows],
    ),
    told('How it finishes:', finishes),
    ...cells.flatMap(({ check, property, story }) =>
      story === undefined ? [] : [told(`Without ${verbatim(check)}, ${verbatim(property)} falls:`, story)],
    ),
    ...(pairs.length === 0 ? [] : ['These pairs stop the same; nothing falls while one of the two stands.']),
    ...pairs.map(({ checks, property, story }) =>
      told(`Without ${checks.map(verbatim).join(' and ')}, ${verbatim(property)} falls:`, story),
    ),
  ];
}

function told(heading: string, story: readonly string[]): string {
  return [heading, '', ...story.map((step, at) => `${at + 1}. ${step}`)].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function verbatim(id: string): string {
  return `\`${id}\``;
}

function figure(count: number): string {
  return count.toLocaleString('en');
}
