import { basename } from 'node:path';
import { type MutationRecord, scoreOf, suites, type Survivor } from './record';

/** The section of docs/ablation.md. */
export function mutationSection({ measured_at: at, files, survivors }: MutationRecord): string {
  const killed = files.reduce((sum, each) => sum + each.killed, 0);
  const rows = files.map((each) => {
    const all = each.killed + each.survived;
    return `| [${basename(each.file)}](../${each.file}) | ${all} | ${each.killed} | ${scoreOf([each])} |`;
  });
  const missing = Object.keys(suites).filter((file) => !files.some((each) => each.file === file));
  const unmeasured =
    missing.length === 0
      ? ''
      : `Not measured yet: ${missing.map((file) => `[${basename(file)}](../${file})`).join(', ')}.\n\n`;
  const explained = survivors.map(
    (each) => `| ${basename(each.file)} | ${code(each.code)} | ${changeOf(each)} | ${each.why} |`,
  );
  return `## What the tests notice

The flows, and the rules that they apply, were changed one small thing at a time ([Stryker](https://stryker-mutator.io), with
our own suites): a condition that always holds or never does, a check or a field that is gone, a boundary that moves by one, a
looser pattern. Of each change the suites of its file were asked whether they notice it.

    npm run mutation                                            # all files: three quarters of an hour on two cores
    npm run mutation -- --only src/domain/credentials/pkce.ts   # one file again

Measured ${at}: ${killed + survivors.length} changes, of which a test fails for ${killed}, ${scoreOf(files)}. For each of the other ${survivors.length} a sentence below
says why it cannot matter, which a test holds.

| file | changes | noticed | score |
| --- | --- | --- | --- |
${rows.join('\n')}

${unmeasured}| file | line | what it became | why it cannot matter |
| --- | --- | --- | --- |
${explained.join('\n')}
`;
}

function changeOf({ original, becomes }: Survivor): string {
  return becomes === '' ? `without ${code(original)}` : `${code(original)} → ${code(becomes)}`;
}

/** In a cell of a table. */
function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text.replaceAll('|', String.raw`\|`)}${fence}`;
}
