import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

export const root = join(__dirname, '../../..');

/** Arguments by which Node.js runs one of our TypeScript files. */
export function typescript(path: string): string[] {
  return ['-r', join(root, 'test/support/run/register-typescript.cjs'), join(root, path)];
}

/** The commit that is measured, with a `+` when files differ from it; undefined where there is no Git. */
export function commit(): string | undefined {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`;
  } catch {
    return undefined;
  }
}

/** The machine that this runs on, in a few words. */
export function machine(): string {
  const [first] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model ?? 'unknown'}, ${gibibytes} GiB, Linux ${release()}, Node.js ${process.version}`;
}
