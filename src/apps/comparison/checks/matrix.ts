import * as z from 'zod';
import { attackExchange } from '../run';
import { checkDescription } from './catalogue';

const outcome = z
  .enum(['defended', 'falls', 'detected'])
  .describe(
    'falls: the attacker got what the attack names. detected: it got something, was noticed, and lost it again.',
  );

/** Of what falls: how. */
const exchanges = z.array(attackExchange.readonly()).readonly().exactOptional();

/** What an attack came to without a check. */
export const cell = z.object({
  check: z.string(),
  attack: z.string(),
  outcome,
  verdict: z.string(),
  exchanges,
});

/** What falls without two checks, and without neither of them alone. */
export const pair = z.object({
  checks: z.array(z.string()).readonly(),
  attack: z.string(),
  outcome,
  verdict: z.string(),
  exchanges,
});

/** The recorded matrix of checks by attacks. */
export const matrix = z.object({
  version: z.literal(1),
  measured_at: z.iso.datetime(),
  sources: z.string().describe('SHA-256 of the files that it was measured with, in hex; see ablation/sources.ts.'),
  checks: z.array(checkDescription.readonly()).readonly(),
  attacks: z.array(z.looseObject({ id: z.string(), title: z.string() })).readonly(),
  cells: z.array(cell.readonly()).readonly(),
  pairs: z.array(pair.readonly()).readonly(),
});

/** The same with what was proved beside it; proof/record.ts has all that it says. */
export const provedMatrix = matrix.extend({
  model: z.looseObject({
    properties: z.array(z.looseObject({ id: z.string(), model: z.string(), title: z.string() })),
    cells: z.array(
      z.looseObject({ check: z.string(), property: z.string(), outcome: z.enum(['holds', 'falls']), states: z.int() }),
    ),
  }),
});

export type Cell = Readonly<z.infer<typeof cell>>;
export type Pair = Readonly<z.infer<typeof pair>>;
export type Matrix = Readonly<z.infer<typeof matrix>>;
export type ProvedMatrix = Readonly<z.infer<typeof provedMatrix>>;

/** The attacks that fall without a check, and do not fall anyway. */
export function fallsWithout({ cells, attacks }: Pick<Matrix, 'cells' | 'attacks'>, check: string): string[] {
  const always = new Set(attacks.filter(({ expected }) => expected === 'succeeds').map(({ id }) => id));
  const falling = cells.filter((each) => each.check === check && each.outcome === 'falls' && !always.has(each.attack));
  return falling.map(({ attack }) => attack);
}
