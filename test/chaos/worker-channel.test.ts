import { describe, expect, it } from '@jest/globals';
import { startTypeScript } from '../support/run/ts-process';

describe('the channel between the primary and its workers', () => {
  it('given questions that are answered, malformed or left open, when they are asked, then each has its own answer or is rejected, and none keeps the primary from ending', async () => {
    const primary = startTypeScript('test/support/service/channel-asker.ts');

    const [upper, askedBack, wrongAnswer, wrongQuestion, open, unknown] = (await primary.message()) as unknown[];
    const status = await primary.exited;

    expect([upper, askedBack]).toEqual(['A', 8]);
    expect([wrongAnswer, wrongQuestion]).toEqual(['rejected', 'rejected']);
    expect([open, unknown]).toEqual(['rejected', 'rejected']);
    expect(status).toBe(0);
  });
});
