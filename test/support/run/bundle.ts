import * as rspack from '@rspack/core';

const configure: (
  defaults: object,
  bundler: typeof rspack,
) => rspack.Configuration = require('../../../rspack.config.cjs');

/** Builds further files of dist as the service's are built, each by its name from its source. Rejects with what the build says. */
export async function bundle(entry: Readonly<Record<string, string>>): Promise<void> {
  const config = configure({}, rspack);
  const compiler = rspack.rspack({ ...config, entry, output: { ...config.output, clean: false } });
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error === null && stats?.hasErrors() === false) resolve();
      else reject(error ?? new Error(stats?.toString('errors-only')));
    });
  });
}
