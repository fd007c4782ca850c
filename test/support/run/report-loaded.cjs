/** Preloaded into a process, it writes the files that the process has loaded to `LOADED_FILES` when it ends. */
const { writeFileSync } = require('node:fs');

process.on('exit', () => writeFileSync(process.env.LOADED_FILES, JSON.stringify(Object.keys(require.cache))));
