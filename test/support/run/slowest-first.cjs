const TestSequencer = require('@jest/test-sequencer').default;
const { awaitsInstallation } = require('./installed.cjs');

/**
 * The suites that take or wait longest, the longest first: none of them may begin when all others are done. Those that
 * start many servers and those of the browser take turns.
 */
const slowest = [
  'contract/mongo-expiry',
  'operations/alerts',
  'e2e/limits',
  'chaos/settings',
  'e2e/wallet-rpc',
  'operations/runbooks',
  'chaos/workers',
  'e2e/code-guesses',
  'e2e/tracing',
  'browser/home',
  'chaos/audit-workers',
  'operations/runbooks-outages',
  'e2e/mongo-grant-lost',
  'e2e/password-upgrade',
  'chaos/supervisor-kill',
  'contract/grant-store.contract',
  'browser/home-by-hand',
  'e2e/tessera-apply',
  'chaos/compare-broken',
  'e2e/outage',
  'chaos/compare-workers',
  'browser/login',
  'e2e/hostile',
  'contract/key-ring',
  'contract/ports.contract',
  'contract/mongo-lost',
  'e2e/compare',
  'storage/with-timeout',
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
