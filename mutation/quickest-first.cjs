const TestSequencer = require('@jest/test-sequencer').default;
const { suites } = require('./suites.cjs');

const inOrder = [...new Set(Object.values(suites).flat())];
const cost = ({ path }) => (path.includes('/src/') ? 0 : 1);
const rank = ({ path }) => inOrder.findIndex((suite) => path.endsWith(`/${suite}`));

/** Unit suites first: a mutant that one of them kills needs no service. */
module.exports = class QuickestFirst extends TestSequencer {
  sort(tests) {
    return tests.toSorted((one, other) => cost(one) - cost(other) || rank(one) - rank(other));
  }
};
