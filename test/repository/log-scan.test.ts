import { describe, expect, it } from '@jest/globals';
import { newSecret } from '../../src/domain/credentials/secret';
import { findCredentials } from '../support/run/log-scan';

const harmless =
  '{"level":30,"time":"2026-01-01T00:00:00.000Z","pid":1,"reqId":"req-1","method":"POST","route":"/token","status":200,"ms":1.5,"msg":"request"}';

describe('the scan of the log', () => {
  it('given lines of requests, when they are scanned, then nothing is found', () => {
    expect(findCredentials({ log: `${harmless}\n${harmless}`, credentials: new Set([newSecret()]) })).toEqual([]);
  });

  it('given a credential that a client used, when the log holds it within a word, then it is found and not repeated', () => {
    const log = `${harmless}\n{"url":"/x?password=hunter22&y"}`;

    const found = findCredentials({ log, credentials: new Set(['hunter22']) });

    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain('hunter22');
  });

  it.each([
    ['a code', newSecret()],
    ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyMCJ9.c2lnbmF0dXJl'],
    ['a signature', `0x${'ab'.repeat(65)}`],
    ['a signature of EIP-2098', `0x${'AB'.repeat(64)}`],
    ['a header', 'Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ='],
  ])('given %s that nobody registered, when the log has it, then it is found, not repeated', (_case, credential) => {
    const found = findCredentials({ log: `{"note":"${credential}"}`, credentials: new Set() });

    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).not.toContain(credential);
  });
});
