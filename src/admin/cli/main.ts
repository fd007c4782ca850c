import { tessera } from './tessera';

void tessera(process.argv.slice(2), process).then((status) => {
  process.exitCode = status;
});
