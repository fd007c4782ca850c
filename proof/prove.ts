import type { CheckId } from '../src/apps/comparison/checks/catalogue';
import type { Matrix } from '../src/apps/comparison/checks/matrix';
import { finishes, flagOf, type Model, type Property, type Variant } from './models';
import { hashOfModels, type ProofRecord } from './record';
import { type Verification, verify } from './spin';

/** What was proved, and what of it must not be. */
export interface Proof {
  readonly record: ProofRecord;
  readonly problems: readonly string[];
}

/** What a model came to. */
interface Proved {
  readonly model: Model;
  readonly whole: Verification;
  readonly alone: ReadonlyMap<CheckId, Verification>;
  readonly pairs: readonly { readonly checks: readonly [CheckId, CheckId]; readonly result: Verification }[];
  readonly faults: readonly { readonly variant: Variant; readonly result: Verification }[];
  readonly limits: readonly { readonly variant: Variant; readonly result: Verification }[];
}

/** Verifies the models with every check, without each, without each pair, with each fault and beyond each limit. */
export async function prove(models: readonly Model[], measured: Matrix | undefined): Promise<Proof> {
  const inTurn = atMost(2);
  const proved = await Promise.all(models.map((model) => proveModel(model, measured, inTurn)));
  return { record: recordOf(proved), problems: problemsOf(proved, measured) };
}

async function proveModel(model: Model, measured: Matrix | undefined, inTurn: InTurn): Promise<Proved> {
  const run = (...flags: string[]) => inTurn(() => verify(model.file, flags));
  const variants = (kind: 'FAULT' | 'LIMIT', all: readonly Variant[]) =>
    Promise.all(all.map(async (variant) => ({ variant, result: await run(`${kind}_${variant.name}`) })));
  const alone = model.checks.map(async (check) => [check, await run(flagOf(check))] as const);
  const pairs = pairsOf(model, measured).map(async (checks) => ({ checks, result: await run(...checks.map(flagOf)) }));
  const [whole, ...rest] = await Promise.all([
    run(),
    Promise.all(alone),
    Promise.all(pairs),
    variants('FAULT', model.faults),
    variants('LIMIT', model.limits),
  ]);
  return { model, whole, alone: new Map(rest[0]), pairs: rest[1], faults: rest[2], limits: rest[3] };
}

/** The declared ones, and those that were measured of checks that the model has. */
function pairsOf({ checks, pairs }: Model, measured: Matrix | undefined): (readonly [CheckId, CheckId])[] {
  const isKnown = (one: CheckId, other: CheckId) => pairs.some((pair) => pair.includes(one) && pair.includes(other));
  const others = (measured?.pairs ?? []).flatMap(({ checks: [one, other] }) => {
    const [first, second] = [checks.find((check) => check === one), checks.find((check) => check === other)];
    return first === undefined || second === undefined || isKnown(first, second) ? [] : [[first, second] as const];
  });
  return [...pairs, ...others];
}

/** The properties that fall; `finishes` falls where the flow's end is not reached. */
function fallen({ properties }: Model, { falls }: Verification): Property[] {
  return properties.filter(({ name }) => falls.has(name) !== (name === finishes));
}

function isSilent({ model, alone }: Proved, check: CheckId): boolean {
  const result = alone.get(check);
  return result === undefined || fallen(model, result).length === 0;
}

/** What falls without both, and without neither alone. */
function fallenTogether({ model, alone }: Proved, checks: readonly CheckId[], result: Verification): Property[] {
  const before = new Set(checks.flatMap((check) => fallen(model, alone.get(check) ?? result)));
  return fallen(model, result).filter((property) => !before.has(property));
}

function recordOf(proved: readonly Proved[]): ProofRecord {
  return {
    version: 1,
    sources: hashOfModels(),
    properties: proved.flatMap(({ model }) =>
      model.properties.map(({ id, title }) => ({ id, model: model.name, title })),
    ),
    models: proved.map(({ model, whole }) => ({
      model: model.name,
      title: model.title,
      states: whole.states,
      finishes: whole.falls.get(finishes) ?? [],
    })),
    cells: proved.flatMap(({ model, alone }) =>
      [...alone].flatMap(([check, result]) => {
        const falling = fallen(model, result);
        return model.properties.map((property) => {
          const cell = { check, property: property.id, states: result.states };
          if (!falling.includes(property)) return { ...cell, outcome: 'holds' as const };
          return { ...cell, outcome: 'falls' as const, story: storyIn(result, property) };
        });
      }),
    ),
    pairs: proved.flatMap((each) =>
      each.pairs.flatMap(({ checks, result }) =>
        fallenTogether(each, checks, result).map((property) => ({
          checks: [...checks],
          property: property.id,
          outcome: 'falls' as const,
          states: result.states,
          story: storyIn(result, property),
        })),
      ),
    ),
    faults: proved.flatMap(({ model, faults }) =>
      foundIn(model, faults).map(({ name, ...found }) => ({ model: model.name, fault: name, ...found })),
    ),
    limits: proved.flatMap(({ model, limits }) =>
      foundIn(model, limits).map(({ name, ...found }) => ({ model: model.name, limit: name, ...found })),
    ),
  };
}

function storyIn({ falls }: Verification, { name }: Property): readonly string[] {
  return falls.get(name) ?? [];
}

/** The variants that some property finds, with the shortest of its stories. */
function foundIn(model: Model, results: Proved['faults']) {
  return results.flatMap(({ variant, result: { states, falls } }) => {
    const found = fallen(model, { states, falls }).map(({ id, name }) => ({
      property: id,
      story: falls.get(name) ?? [],
    }));
    const [shortest] = found.toSorted((one, other) => one.story.length - other.story.length);
    return shortest === undefined ? [] : [{ ...variant, states, ...shortest }];
  });
}

function problemsOf(proved: readonly Proved[], measured: Matrix | undefined): string[] {
  return [
    ...proved.flatMap(({ model, whole }) =>
      fallen(model, whole).map(({ id }) => `With every check in place ${id} falls`),
    ),
    ...checksOf(proved).flatMap((check) => {
      const having = proved.filter(({ model }) => model.checks.includes(check));
      const isInPair = having.some((each) =>
        each.pairs.some(
          ({ checks, result }) => checks.includes(check) && fallenTogether(each, checks, result).length > 0,
        ),
      );
      const isAlone = having.some((each) => !isSilent(each, check));
      return isAlone || isInPair ? [] : [`Without ${check} nothing falls, neither alone nor with another one`];
    }),
    ...proved.flatMap(({ model, faults, limits }) =>
      [...faults, ...limits]
        .filter(({ result }) => fallen(model, result).length === 0)
        .map(({ variant }) => `${model.name}: no property finds ${variant.name}`),
    ),
    ...(measured === undefined ? [] : disagreements(proved, measured)),
  ];
}

/** A check that both have must break something alone in both, or in neither; in neither, then in the same pairs. */
function disagreements(proved: readonly Proved[], measured: Matrix): string[] {
  const always = new Set(measured.attacks.filter(({ expected }) => expected === 'succeeds').map(({ id }) => id));
  const isMeasured = new Set(measured.cells.map(({ check }) => check));
  const falling = new Set(
    measured.cells
      .filter(({ outcome, attack }) => outcome === 'falls' && !always.has(attack))
      .map(({ check }) => check),
  );
  return checksOf(proved)
    .filter((check) => isMeasured.has(check))
    .flatMap((check) => {
      const having = proved.filter(({ model }) => model.checks.includes(check));
      const isAlone = having.some((each) => !isSilent(each, check));
      if (isAlone !== falling.has(check)) {
        return [`Without ${check} ${isAlone ? 'a property falls, and no attack' : 'an attack falls, and no property'}`];
      }
      if (isAlone) return [];
      const pairs = having
        .flatMap((each) => each.pairs.map((pair) => ({ each, ...pair })))
        .filter(({ checks }) => checks.includes(check));
      return pairs.flatMap(({ each, checks, result }) => {
        const inModel = fallenTogether(each, checks, result).length > 0;
        const inMatrix = measured.pairs.some((pair) => checks.every((one) => pair.checks.includes(one)));
        if (inModel === inMatrix) return [];
        return [
          `Without ${checks.join(' and ')} ${inModel ? 'a property falls, and no attack' : 'an attack falls, and no property'}`,
        ];
      });
    });
}

function checksOf(proved: readonly Proved[]): CheckId[] {
  return [...new Set(proved.flatMap(({ model }) => model.checks))];
}

type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Lets so many run at once; the others wait for their turn. */
function atMost(count: number): InTurn {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
