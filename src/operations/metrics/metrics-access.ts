import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { showsToken } from '../../domain/credentials/bearer-token';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { MetricsError } from './metrics-error';

/** Admits whoever shows the metrics token; everybody if none is set. */
@Injectable()
export class MetricsAccess implements Guard<void> {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Throws: {@link MetricsError}. */
  admit({ headers: { authorization } }: FastifyRequest): void {
    const { issuer, metricsToken } = this.config;
    if (metricsToken === undefined || showsToken(authorization, metricsToken)) return;
    const challenge = `Bearer realm="${issuer}"`;
    throw new MetricsError('metrics_token_required', { headers: { 'www-authenticate': challenge } });
  }
}

export const scraper: Access<void> = { by: 'metrics token', security: [{}, { bearer: [] }], guard: MetricsAccess };
