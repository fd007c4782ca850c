import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { startService } from '../support/service/service';
import { tessera } from '../support/operations/tessera-command';

describe('what the probe prints for Prometheus', () => {
  it('given logins of both models, when promtool reads it, then it has nothing against it', async () => {
    const service = await startService();
    const client = ['--client', 'demo-spa', '--redirect-uri', 'http://127.0.0.1/callback', '--username', 'user0'];

    const args = ['probe', service.url, ...client, '--wallet-client', 'demo-dapp', '--format', 'prometheus'];
    const { status, stdout } = await tessera(args, {}, 'password0\n');
    await service.stop();

    expect(status).toBe(0);
    expect(execFileSync('promtool', ['check', 'metrics'], { input: stdout, encoding: 'utf8' })).toBe('');
  });
});
