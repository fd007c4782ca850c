import { describe, expect, it } from '@jest/globals';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ComparisonReader } from './comparison-reader';
import { createLogger } from '../../../platform/logger';

describe('the page’s reader of the comparison', () => {
  it('given a comparison in another shape, when it is read, then there is none, and the log says why', async () => {
    const log: string[] = [];
    const adapter = new FastifyAdapter();
    adapter.getInstance().get('/compare', () => ({ models: {} }));
    const host = new HttpAdapterHost();
    host.httpAdapter = adapter;
    const reader = new ComparisonReader(createLogger({ write: (line: string) => log.push(line) }), host);

    const comparison = await reader.read();

    expect(comparison).toBeUndefined();
    expect(log.join('')).toContain('the comparison is not as the page reads it');
  });
});
