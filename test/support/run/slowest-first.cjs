const TestSequencer = require('@jest/test-sequencer').default;
const { awaitsInstallation } = require('./installed.cjs');

/**
 * The suites that take or wait longest, the longest first: none of them may begin when all others are done. Those that
 * start many servers and those of the browser take turns.
 */
const slowest = [
  'contract/mongo-expiry',
  'operations/runbooks',
  'e2e/limits',
  'e2e/wallet-rpc',
  'operations/alerts',
  'browser/home',
  'e2e/tracing',
  'e2e/mongo-grant-lost',
  'chaos/supervisor-kill',
  'browser/home-by-hand',
  'e2e/outage',
  'e2e/hostile',
  'chaos/compare-workers',
  'browser/login',
  'chaos/compare-broken',
  'chaos/workers',
  'chaos/settings',
  'contract/key-ring',
  'contract/mongo-lost',
  'e2e/compare',
  'storage/in-time',
];

const rank = ({ path }) => {
  const index = slowest.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return index === -1 ? slowest.length : index;
};

/** So many suites run while is installed what others wait for. */
const before = 50;

/** jest's own order knows how long suites took when they last ran here, and in a fresh clone it knows nothing. */
module.exports = class SlowestFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's, but jest's
    const inOrder = super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
    const waiting = inOrder.filter(({ context }) => awaitsInstallation(context.config));
    const others = inOrder.filter((test) => !waiting.includes(test));
    return [...others.slice(0, before), ...waiting, ...others.slice(before)];
  }
};
