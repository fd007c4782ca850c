import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const root = join(__dirname, '../..');

interface Demonstration {
  readonly heading: string;
  readonly command: string;
  /** What the page says is printed; nothing where it shows no answer. */
  readonly answer: string;
}

/** The commands of a page, each with the answer that stands below it. */
function demonstrationsIn(page: string): Demonstration[] {
  let heading = '';
  const found: { heading: string; command: string; answer: string }[] = [];
  for (const [, title, language, text = ''] of page.matchAll(/^#+ (.*)$|^```(\w+)\n([^]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else if (language === 'bash') found.push({ heading, command: text, answer: '' });
    else {
      const last = found.at(-1);
      if (last !== undefined) last.answer = text;
    }
  }
  return found;
}

describe('docs/negative-demonstrations.md', () => {
  const page = readFileSync(join(root, 'docs/negative-demonstrations.md'), 'utf8');
  const demonstrations = demonstrationsIn(page);
  let printed: string[];

  const service = fixture(startService);
  beforeAll(async () => {
    // One shell for all, as the reader's terminal is; the page's address is the only thing that is another here.
    const script = demonstrations.map(({ command }) => `${command}printf '\\036'\n`).join('');
    const here = script.replaceAll('http://localhost:3000', service.url);
    const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', here], { cwd: root });
    printed = stdout.split('\u001E');
  });

  it.each(demonstrations.map(({ heading, answer }, index) => ({ heading, answer, index })))(
    'given the page, when block $index ($heading) is run, then its answer is the one below it',
    ({ answer, index }) => {
      expect(printed[index]).toBe(answer);
    },
  );

  it('given the demonstrations that were promised, when the page is read, then each has its heading', () => {
    const headings = demonstrations.map(({ heading }) => heading);

    expect(headings).toEqual(
      expect.arrayContaining(['With no verifier', 'With a wrong verifier', 'By replay', 'With another account']),
    );
  });
});
