import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const story = z.array(z.string()).readonly().describe('A shortest way to it, step by step.');
const states = z.int().describe('All that there are, each visited.');
const outcome = z.enum(['holds', 'falls']);

/** What was proved. */
export const proofRecord = z.object({
  version: z.literal(1),
  sources: z.string().describe('SHA-256 of what it was proved with, in hex; see hashOfModels.'),
  properties: z.array(z.object({ id: z.string(), model: z.string(), title: z.string() }).readonly()).readonly(),
  models: z
    .array(z.object({ model: z.string(), title: z.string(), states, finishes: story }).readonly())
    .readonly()
    .describe('With every check in place: no property falls, and the flow finishes.'),
  cells: z
    .array(
      z.object({ check: z.string(), property: z.string(), outcome, states, story: story.exactOptional() }).readonly(),
    )
    .readonly()
    .describe('Without one check.'),
  pairs: z
    .array(
      z.object({ checks: z.array(z.string()).readonly(), property: z.string(), outcome, states, story }).readonly(),
    )
    .readonly()
    .describe('What falls without two checks, and without neither of them alone.'),
  faults: z
    .array(
      z
        .object({ model: z.string(), fault: z.string(), title: z.string(), property: z.string(), states, story })
        .readonly(),
    )
    .readonly()
    .describe('Models that are wrong on purpose, and a property that finds each.'),
  limits: z
    .array(
      z
        .object({ model: z.string(), limit: z.string(), title: z.string(), property: z.string(), states, story })
        .readonly(),
    )
    .readonly()
    .describe('What falls with every check in place, when the attacker has more than the properties say.'),
});

export type ProofRecord = Readonly<z.infer<typeof proofRecord>>;

const file = join(__dirname, '../src/apps/comparison/checks/proof.json');

export function readRecord(): ProofRecord {
  return proofRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
}

export const recordFile = file;

/** SHA-256 of the models and of how they are verified, in hex: another one means that the record is of other models. */
export function hashOfModels(): string {
  const files = readdirSync(__dirname).filter(
    (name) => name.endsWith('.pml') || name === 'models.ts' || name === 'spin.ts',
  );
  const hash = createHash('sha256');
  for (const name of files.toSorted()) hash.update(name).update(readFileSync(join(__dirname, name)));
  return hash.digest('hex');
}
