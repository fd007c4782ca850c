import { describe, expect, it } from '@jest/globals';
import { brokenFlows } from '../support/broken-flows';
import { finishedRun } from '../support/comparison';
import { startService } from '../support/service';

describe('the catalogue against broken flows', () => {
  it.each(brokenFlows)(
    'given that $name, when the attacks are run, then each that it lets through is told by name',
    async (flow) => {
      const service = await startService();
      try {
        flow.breakIt(service);
        const models = [...new Set(flow.caughtBy.map((name) => name.split('.')[0]))];
        const run = await finishedRun(service.url, { models });
        const caught = run.attacks.filter(({ defended }) => !defended);

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
});
