import { describe, expect, it } from '@jest/globals';
import type { Comparison } from '../../src/apps/comparison/comparison';
import type { RunView } from '../../src/apps/comparison/run-view';
import { fixture } from '../support/run/fixture';
import { brokenFlows } from '../support/service/broken-flows';
import { runCommand } from '../support/run/command';
import { freePort } from '../support/run/free-port';
import { startService } from '../support/service/service';

const compare = (args: readonly string[], env?: Readonly<Record<string, string>>) =>
  runCommand('src/apps/comparison/cli/main.ts', args, env);

describe('npm run compare', () => {
  const service = fixture(startService);

  it('given a sound server, when it is compared, then it tells steps, attacks and aspects, and the status is 0', async () => {
    const { status, stdout } = await compare(['--url', service.url]);

    expect(status).toBe(0);
    expect(stdout).toContain('GET /authorize → 303');
    expect(stdout).toMatch(/store \+ challenges\/authorization_code sha256:[\w-]{8}, 60 s to live/);
    expect(stdout).toMatch(/✓ wallet\.malleated +Refused with signature_malformed; the owner then signed in/);
    expect(stdout).toContain('What makes it single use');
    expect(stdout).toContain('PASSED: Every login succeeded, and 37 of 37 attacks were defended against');
  });

  it('given --json, when it is compared, then standard output is the comparison and the run', async () => {
    const { status, stdout } = await compare(['--url', service.url, '--json']);
    const { comparison, run } = JSON.parse(stdout) as { comparison: Comparison; run: RunView };

    expect(status).toBe(0);
    expect(comparison.measuredBy?.runId).toBe(run.id);
    expect(run.attacks).toHaveLength(38);
  });

  it('given a server that lets an attack through, when it is compared, then it says so loudly and the status is 1', async () => {
    const broken = await startService();
    brokenFlows.find(({ name }) => name === 'the client is not checked')?.breakIt(broken);
    const { status, stdout } = await compare(['--url', broken.url]);
    await broken.stop();

    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ pkce\.other-client +GOT THROUGH: 1 of 1/);
    expect(stdout).toContain('FAILED: NOT DEFENDED: pkce.other-client');
  });

  it('given nothing that answers, when it is compared, then the status is 2', async () => {
    const { status, stderr } = await compare(['--url', `http://127.0.0.1:${await freePort()}`]);

    expect(status).toBe(2);
    expect(stderr).toMatch(/^compare: nothing answers at http:\/\/127\.0\.0\.1:\d+: start the service/);
  });

  it.each([[['--what']], [['--url', 'nowhere']], [['--token']]])(
    'given the arguments %j, when it is called, then it says how to and the status is 2',
    async (args) => {
      const { status, stderr } = await compare(args, { ADMIN_TOKEN: '' });

      expect(status).toBe(2);
      expect(stderr).toContain('npm run compare --');
    },
  );

  it('given production, when the token is given by the environment, then the run is made, and without it told what to do', async () => {
    const token = 'an-admin-token-of-thirty-six-letters';
    const production = await startService('lmdb', {
      NODE_ENV: 'production',
      ADMIN_TOKEN: token,
      COMPARISON: 'on',
    });
    const without = await compare(['--url', production.url]);
    const withToken = await compare(['--url', production.url, '--token'], { ADMIN_TOKEN: token });
    await production.stop();

    expect(without.status).toBe(2);
    expect(without.stderr).toContain(
      'answered 401: A token of the administration is required (set ADMIN_TOKEN and give --token)',
    );
    expect(withToken.status).toBe(0);
    expect(withToken.stdout + withToken.stderr).not.toContain(token);
  });
});
