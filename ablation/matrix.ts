import { descriptions } from '../src/apps/comparison/attacks/catalogue';
import { type CheckId, checks } from '../src/apps/comparison/checks/catalogue';
import type { Cell, Pair } from '../src/apps/comparison/checks/matrix';
import type { AttackOutcome } from '../src/apps/comparison/run';
import type { Twins } from './twins';

/** Races that a check of one step alone stops: repeated until they fall, or this often. */
const races: Partial<Record<CheckId, string>> = {
  'pkce.code-atomic': 'pkce.double-spend',
  'wallet.atomic': 'wallet.double-spend',
  'passkey.atomic': 'passkey.double-spend',
};
const raceTimes = 500;

/** What was measured, and what of it must not be. */
export interface Measurement {
  readonly cells: readonly Cell[];
  readonly pairs: readonly Pair[];
  readonly problems: readonly string[];
}

/** With nothing taken away: what falls that must not, or could not be mounted. */
export async function baseline(twins: Twins): Promise<string[]> {
  const outcomes = await twins.attack([]);
  return outcomes.flatMap(({ name, expected, fell, defended, verdict }) => {
    const isRight = expected === 'succeeds' ? fell : defended;
    return isRight ? [] : [`With every check in place ${name}: ${verdict}`];
  });
}

/** Every attack without each of these checks. */
export async function alone(twins: Twins, ids: readonly CheckId[]): Promise<Cell[]> {
  const rows = await Promise.all(ids.map((id) => row(twins, id)));
  return rows.flat();
}

async function row(twins: Twins, check: CheckId): Promise<Cell[]> {
  return cells(check, await attacked(twins, [check]));
}

/** What all attacks, or `only` these, come to without the checks; a race that only the one check stops, once it is won. */
export async function attacked(
  twins: Twins,
  without: readonly CheckId[],
  only?: readonly string[],
): Promise<readonly AttackOutcome[]> {
  const outcomes = await twins.attack(without, only);
  const race = without.length === 1 ? races[without[0] as CheckId] : undefined;
  return Promise.all(
    outcomes.map((outcome) =>
      outcome.name === race && !outcome.fell ? racedUntilItFalls(twins, without, race) : outcome,
    ),
  );
}

async function racedUntilItFalls(twins: Twins, without: readonly CheckId[], race: string): Promise<AttackOutcome> {
  for (let times = 1; ; times += 1) {
    const [outcome] = await twins.attack(without, [race]);
    if (outcome === undefined) throw new Error(`${race} was not made`);
    if (outcome.fell || times === raceTimes) return outcome;
  }
}

function cells(check: CheckId, outcomes: readonly AttackOutcome[]): Cell[] {
  return outcomes.map((outcome) => ({ check, attack: outcome.name, outcome: outcomeOf(outcome), ...shown(outcome) }));
}

/** How an attack that gets through anyway does so is no matter of a check. */
function shown({ verdict, exchanges, expected }: AttackOutcome) {
  return { verdict, ...(exchanges !== undefined && expected !== 'succeeds' && { exchanges }) };
}

function outcomeOf({ fell, expected }: Pick<AttackOutcome, 'fell' | 'expected'>): Cell['outcome'] {
  if (fell) return 'falls';
  return expected === 'detected' ? 'detected' : 'defended';
}

/** Checks without which nothing falls that would not fall with them. */
export function silent(measured: readonly Cell[]): CheckId[] {
  const loud = new Set(measured.filter(fallsBecauseOfIt).map(({ check }) => check));
  return [...new Set(measured.map(({ check }) => check))].filter((check) => !loud.has(check)) as CheckId[];
}

/** What falls without two checks and without neither alone, where one of them is among `ids`. */
export async function together(twins: Twins, ids: readonly CheckId[], measured: readonly Cell[]): Promise<Pair[]> {
  const modelOf = new Map<string, string>(checks.map(({ id, model }) => [id, model]));
  const meets = (one: CheckId, other: CheckId) =>
    [modelOf.get(one), 'both'].includes(modelOf.get(other)) || modelOf.get(one) === 'both';
  const asked = ids.flatMap((one, at) =>
    checks
      .map(({ id }) => id)
      .filter((other) => other !== one && !ids.slice(0, at).includes(other) && meets(one, other))
      .map((other) => [one, other] as const),
  );
  const falling = (check: string, attack: string) =>
    measured.some((cell) => cell.check === check && cell.attack === attack && cell.outcome === 'falls');
  const found = await Promise.all(
    asked.map(async (pair) => {
      const outcomes = await twins.attack(pair);
      return outcomes
        .filter(({ name, fell }) => fell && !pair.some((check) => falling(check, name)))
        .map((outcome): Pair => ({ checks: pair, attack: outcome.name, outcome: 'falls', ...shown(outcome) }));
    }),
  );
  return found.flat();
}

/** What the contract asks of a whole measurement: every check stops something, and every attack gets through somewhere. */
export function problemsOf(measured: readonly Cell[], pairs: readonly Pair[]): string[] {
  const attacks = descriptions();
  const inPair = new Set<string>(pairs.flatMap((pair) => pair.checks));
  const unneeded = silent(measured).filter((check) => !inPair.has(check));
  const falling = new Set(
    [...measured, ...pairs].filter(({ outcome }) => outcome === 'falls').map(({ attack }) => attack),
  );
  return [
    ...unneeded.map((check) => `${check} stops nothing, neither alone nor with another one`),
    ...attacks.filter(({ id }) => !falling.has(id)).map(({ id }) => `${id} falls nowhere`),
    ...measured
      .filter(({ verdict }) => verdict.startsWith('The attack could not be made'))
      .map(({ check, attack, verdict }) => `Without ${check}, ${attack}: ${verdict}`),
  ];
}

const expectedToSucceed = new Set<string>(
  descriptions().flatMap(({ id, expected }) => (expected === 'succeeds' ? [id] : [])),
);

function fallsBecauseOfIt({ outcome, attack }: Cell): boolean {
  return outcome === 'falls' && !expectedToSucceed.has(attack);
}
