import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { lookAgain } from './look-again';

describe('looking again', () => {
  it('given a record that is there, when it is looked for, then it is asked for once', async () => {
    let asked = 0;

    const found = await lookAgain(async () => {
      asked += 1;
      return 'record';
    });

    expect([found, asked]).toEqual(['record', 1]);
  });

  it('given a record that is written meanwhile, when it is looked for, then it is found', async () => {
    let asked = 0;

    expect(await lookAgain(async () => ((asked += 1) < 4 ? undefined : 'record'))).toBe('record');
  });

  it('given no record, when it is looked for, then nothing is found, after nine times', async () => {
    let asked = 0;

    const found = await lookAgain(async () => {
      asked += 1;
      return undefined;
    });

    expect([found, asked]).toEqual([undefined, 9]);
  });

  it('given a database that answers slowly, when the record is written as slowly, then it is found', async () => {
    let written = false;
    void delay(2_000).then(() => (written = true));

    const found = await lookAgain(async () => {
      await delay(90);
      return written ? 'record' : undefined;
    });

    expect(found).toBe('record');
  });
});
