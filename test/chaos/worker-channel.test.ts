import { describe, expect, it } from '@jest/globals';
import { startTypeScript } from '../support/run/ts-process';

describe('the channel between the primary and its workers', () => {
  it('given questions that are answered, malformed or left open, when they are asked, then each has its own answer or is rejected', async () => {
    const primary = startTypeScript('test/support/service/channel-asker.ts');

    const [upper, askedBack, wrongAnswer, wrongQuestion, open, unknown] = (await primary.message()) as unknown[];
    await primary.kill();

    expect([upper, askedBack]).toEqual(['A', 8]);
    expect([wrongAnswer, wrongQuestion]).toEqual(['rejected', 'rejected']);
    expect([open, unknown]).toEqual(['rejected', 'rejected']);
  });
});
