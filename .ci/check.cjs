/**
 * Runs scripts of package.json beside each other, as many at once as there are cores, and prints what each of them says
 * when it has ended. Arguments: their names, the longest one first. Fails when one of them does.
 */
const { spawn } = require('node:child_process');
const { availableParallelism } = require('node:os');
const { delimiter, join } = require('node:path');
const { scripts } = require('../package.json');

const root = join(__dirname, '..');
const env = { ...process.env, PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH };
const waiting = process.argv.slice(2);

function run(name) {
  return new Promise((resolve) => {
    const child = spawn(scripts[name], { cwd: root, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => said.push(chunk));
    child.on('close', (status) => {
      process.stdout.write(Buffer.concat(said));
      if (status !== 0) {
        console.log(`npm run ${name} failed`);
        process.exitCode = 1;
      }
      resolve();
    });
  });
}

async function runWaiting() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await run(name);
}

for (let core = 0; core < availableParallelism(); core += 1) void runWaiting();
