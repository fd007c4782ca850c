import { describe, expect, it } from '@jest/globals';
import type { Comparison } from '../../src/apps/comparison/comparison';
import { mustBeDefended } from '../../src/apps/comparison/run';
import { brokenFlows } from '../support/service/broken-flows';
import { finishedRun } from '../support/service/comparison';
import { startService } from '../support/service/service';

describe('the catalogue against broken flows', () => {
  it.each(brokenFlows)(
    'given that $name, when the attacks are run, then each that it lets through is told by name',
    async (flow) => {
      const service = await startService();
      try {
        flow.breakIt(service);
        const models = [...new Set(flow.caughtBy.map((name) => name.split('.')[0]))];
        const run = await finishedRun(service.url, { models });
        const caught = run.attacks.filter((attack) => mustBeDefended(attack) && !attack.defended);

        expect(caught.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual(
          flow.caughtBy.map((name) => expect.stringMatching(new RegExp(`^${name}: (?:GOT THROUGH|NOT DEFENDED)`))),
        );
        expect(run.status).toBe('failed');
        expect(run.message).toBe(`NOT DEFENDED: ${flow.caughtBy.join(', ')}`);
      } finally {
        await service.stop();
      }
    },
  );

  it('given a store that reads, then deletes, when the models are compared, then the aspects say what got through', async () => {
    const service = await startService();
    try {
      brokenFlows.find(({ name }) => name === 'the store reads, then deletes')?.breakIt(service);
      await finishedRun(service.url);
      const comparison = (await (await fetch(`${service.url}/compare`)).json()) as Comparison;
      const aspect = (id: string) => comparison.aspects.find((each) => each.id === id);

      expect(aspect('single-use')?.pkce.text).toMatch(/^NOTHING on this server: measured, all at once: \d+ × 200/);
      expect(aspect('single-use')?.wallet.evidence).toEqual([{ attack: 'wallet.double-spend', defended: false }]);
      expect(aspect('eavesdropper')?.pkce.rows?.at(-1)?.worth).toBe(
        'AN ATTACK: not defended against pkce.double-spend.',
      );
    } finally {
      await service.stop();
    }
  });
});
