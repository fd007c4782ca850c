import { describe, expect, it } from '@jest/globals';
import { ownUrl } from './wire';

describe('the URL of this very server', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
    ['::1', 'http://[::1]:3000'],
    ['localhost', 'http://localhost:3000'],
    ['10.0.0.7', 'http://10.0.0.7:3000'],
  ])('given that it listens on %s, when it looks for itself, then that is %s', (host, expected) => {
    expect(ownUrl({ host, port: 3000 })).toBe(expected);
  });
});
