import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Configuration, CopyRspackPlugin, DefinePlugin, rspack, type RuleSetRule } from '@rspack/core';
import { places } from './places';
import { assertAllThere } from './transform';

const configOf: (defaults: object, plugins: object) => Configuration = require('../rspack.config.cjs');

const directory = join(__dirname, '../dist-twin');
/** The built twin, beside and not in what is deployed. */
export const twinFile = join(directory, 'main.js');
/** Of the tests, on MongoDB. */
export const mongoTwinFile = join(directory, 'on-mongodb.js');

/** Builds the twin as `nest build` builds the service. Throws: when a place of a check is not in the sources any more. */
export async function buildTwin(): Promise<void> {
  assertAllThere(places);
  const service = configOf({}, { CopyRspackPlugin, DefinePlugin });
  const [rule] = service.module?.rules ?? [];
  const { loader, options, ...typescript } = rule as RuleSetRule;
  const use = [
    { loader, options },
    { loader: require.resolve('./transform'), options: { places } },
  ] as RuleSetRule['use'];
  const compiler = rspack({
    ...service,
    entry: { main: './ablation/twin.ts', 'on-mongodb': './ablation/twin-on-mongodb.ts' },
    output: { ...service.output, path: directory },
    module: { ...service.module, rules: [{ ...typescript, use }] },
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  if (stats?.hasErrors() === true) throw new Error(stats.toString({ preset: 'errors-only' }));
}
