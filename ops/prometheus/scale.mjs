// Writes the rules and settings of this directory with all their times divided, so that a drill of minutes shows what
// takes hours: node ops/prometheus/scale.mjs --by 60 --out /tmp/drill. Thresholds stay, and so do the names: of a scaled
// tessera:exchanges:increase1h the window is a minute. Keys still age by the day.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Of an evaluation; the factor by which M9 makes seconds of its samples. */
const evaluationSeconds = 15;

/** `text`, a file of rules or settings, with all its times divided by `by`. */
export function scaled(text, by) {
  const divided = (time) => {
    const [, count, unit] = /^(\d+)(ms|[smhdw])$/.exec(time) ?? [];
    if (unit === undefined) throw new Error(`no time: ${time}`);
    return `${Math.max(1, Math.round((Number(count) * milliseconds[unit]) / by))}ms`;
  };
  return text
    .replace(/\[(\w+)\]/g, (all, time) => (/^\d/.test(time) ? `[${divided(time)}]` : all))
    .replace(/\boffset (\w+)/g, (_all, time) => `offset ${divided(time)}`)
    .replace(
      /^(\s*(?:for|keep_firing_for|interval|\w+_interval|\w+_timeout|group_wait): )(\w+)$/gm,
      (_all, name, time) => name + divided(time),
    )
    .replace(/\) \* 15$/gm, `) * ${evaluationSeconds / by}`)
    .replace(/\b4 \* 86400\b/g, String(Math.round((4 * 86_400) / by)));
}

function main() {
  const { by, out } = parseArgs({ options: { by: { type: 'string' }, out: { type: 'string' } } }).values;
  const factor = Number(by);
  if (!(factor >= 1) || out === undefined) {
    process.stderr.write('usage: node ops/prometheus/scale.mjs --by 60 --out DIRECTORY\n');
    process.exitCode = 64;
    return;
  }
  mkdirSync(out, { recursive: true });
  for (const file of readdirSync(here).filter((name) => name.endsWith('.yml'))) {
    writeFileSync(join(out, file), scaled(readFileSync(join(here, file), 'utf8'), factor));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
