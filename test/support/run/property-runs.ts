import { configureGlobal } from 'fast-check';

/** Loaded before each suite: how often a property is tried, 200 times unless `TEST_PROPERTY_RUNS` says otherwise. */
const runs = Number(process.env['TEST_PROPERTY_RUNS'] ?? 200);
configureGlobal({ numRuns: runs });

/** For a property whose runs are expensive: so many of the usual 200. */
export const fewerRuns = (of200: number) => ({ numRuns: Math.ceil((of200 / 200) * runs) });
