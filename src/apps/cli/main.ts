import { tessera } from './tessera';

const { env, stdin, stdout, stderr } = process;

function onInterruption(stop: () => void): void {
  process.once('SIGINT', stop).once('SIGTERM', stop);
  stdout.on('error', stop);
}

void tessera(process.argv.slice(2), { env, stdin, stdout, stderr, onInterruption }).then((status) => {
  process.exitCode = status;
});
