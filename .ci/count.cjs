/**
 * Prints the slowest suites with their CPU, and the closing line of CI from jest's own reports, and fails unless every test ran and passed. Arguments: the
 * directory of the reports, how many there must be, and how many steps of CI have failed.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const [, , directory, expected, failedSteps] = process.argv;
const files = existsSync(directory) ? readdirSync(directory).filter((file) => file.endsWith('.json')) : [];
const reports = files.map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')));
const sum = (figure) => reports.reduce((total, report) => total + figure(report), 0);

for (const { testResults } of reports) {
  for (const suite of testResults.filter((each) => each.failureMessage)) {
    console.log(`${suite.testFilePath}\n${suite.failureMessage}`);
  }
}
const suites = reports.flatMap(({ testResults }) =>
  testResults.map(({ testFilePath, perfStats }) => ({ testFilePath, ...perfStats })),
);
const cpu = new Map(
  (existsSync(join(directory, 'cpu')) ? readFileSync(join(directory, 'cpu'), 'utf8').trim().split('\n') : []).map(
    (line) => {
      const { suite, cpuMs } = JSON.parse(line);
      return [suite, cpuMs];
    },
  ),
);
const seconds = (ms = 0) => (ms / 1000).toFixed(1).padStart(7);
console.log('   wall     CPU   the slowest suites, CPU with that of the processes that they started, in seconds');
for (const { testFilePath, runtime } of suites.toSorted((one, other) => other.runtime - one.runtime).slice(0, 30)) {
  console.log(`${seconds(runtime)} ${seconds(cpu.get(testFilePath))}   ${relative(process.cwd(), testFilePath)}`);
}
console.log(`CPU of all suites: ${seconds([...cpu.values()].reduce((total, each) => total + each, 0)).trim()} s`);

const passed = sum((report) => report.numPassedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
// A suite that could not run, and a run that left no report, are failures too.
const broken = sum((report) => report.numRuntimeErrorTestSuites) + Math.max(0, Number(expected) - reports.length);
const inTests = sum((report) => report.numFailedTests) + broken;
// A step may fail although its tests passed, as the scan of the log after them.
const failed = Math.max(inTests, Number(failedSteps));
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
