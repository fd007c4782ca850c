import { runTessera, type TesseraCall } from './run-tessera';

/** Run by `tesseraHere`: answers each call with its result, one after the other, as one thread must that opens an LMDB. */
let last: Promise<unknown> = Promise.resolve();
process.on('message', (call: TesseraCall) => {
  last = last.then(async () => process.send?.(await runTessera(call)));
});
