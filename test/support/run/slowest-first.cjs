const TestSequencer = require('@jest/test-sequencer').default;
const { awaitsInstallation } = require('./installed.cjs');

/**
 * The suites that take or wait longest, the longest first: none of them may begin when all others are done. Those that
 * start many servers and those of the browser take turns.
 */
const slowest = [
  'operations/runbooks-outages',
  'contract/mongo-expiry',
  'e2e/limits',
  'operations/alerts',
  'chaos/audit-workers',
  'e2e/password-upgrade',
  'operations/runbooks',
  'browser/client-history',
  'e2e/code-guesses',
  'operations/rules',
  'e2e/tessera-apply',
  'browser/example-dapp',
  'chaos/worker-refused',
  'operations/game-day',
  'e2e/shares-of-strangers',
  'browser/dashboard',
  'e2e/disabled-during-login',
  'operations/gate',
  'e2e/tracing',
  'browser/client-tabs',
  'e2e/mongo-grant-lost',
  'chaos/settings',
  'e2e/wallet-rpc',
  'chaos/supervisor-kill',
  'contract/audit-trail.contract',
  'contract/store-environment.contract',
  'operations/dashboards',
  'browser/home-by-hand',
  'chaos/workers',
  'browser/login',
  'e2e/login-size',
  'chaos/compare-workers',
  'chaos/compare-broken',
  'contract/grant-store.contract',
  'browser/home',
  'e2e/outage',
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
