/** Prints the closing line of a run from jest's own report; fails unless every test ran and passed. */
const { existsSync, readFileSync } = require('node:fs');

const [, , path] = process.argv;
if (!existsSync(path)) {
  // What runs after all tests, such as the scan of the log, failed before the report was written.
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const report = JSON.parse(readFileSync(path, 'utf8'));
const passed = report.numPassedTests;
const failed = report.numFailedTests;
const skipped = report.numPendingTests + report.numTodoTests;
const broken = report.numRuntimeErrorTestSuites;

for (const suite of report.testResults.filter(({ status }) => status === 'failed')) {
  console.log(`${suite.name}\n${suite.message}`);
}
if (broken > 0) console.log(`${broken} suites could not run`);
console.log(`${passed} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed > 0 && failed === 0 && broken === 0 && skipped === 0 && report.success ? 0 : 1;
