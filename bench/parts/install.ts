import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spreadOf } from '../figures';
import type { Part } from '../report';
import { root } from '../../test/support/run/repository';

const files = ['package.json', 'package-lock.json', '.npmrc'];

/** How much `npm ci --omit=dev` installs, in a copy of what it reads. */
export function measureInstall(): Part {
  const copy = mkdtempSync(join(tmpdir(), 'tessera-install-'));
  try {
    for (const file of files) copyFileSync(join(root, file), join(copy, file));
    execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--no-progress'], {
      cwd: copy,
      stdio: 'ignore',
    });
    const megabytes = Number.parseInt(execFileSync('du', ['-sm', 'node_modules'], { cwd: copy, encoding: 'utf8' }), 10);
    return {
      title: 'What is installed',
      about: 'Of `node_modules`, as `du -sm` counts it.',
      figures: [
        {
          what: 'what `npm ci --omit=dev` installs',
          spread: spreadOf([megabytes]),
          unit: 'MB',
          goal: 150,
          disturbed: false,
        },
      ],
      absolutes: [],
      calibrations: [],
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
