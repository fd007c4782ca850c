import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { root } from '../../../root';
import type { Matrix, ProvedMatrix } from './matrix';

const directory = join(root, 'apps/comparison/checks');

/** What was measured and proved without each check, as it was recorded with these sources. */
@Injectable()
export class AblationRecord {
  private recorded: ProvedMatrix | undefined;

  /** Read when it is first asked for. */
  get matrix(): ProvedMatrix {
    this.recorded ??= { ...read<Matrix>('ablation.json'), model: read<ProvedMatrix['model']>('proof.json') };
    return this.recorded;
  }
}

function read<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(directory, name), 'utf8')) as Content;
}
