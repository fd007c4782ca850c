import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { root } from '../../root';

/** Style sheets, scripts and images that every page may use. */
export const sharedAssets = join(root, 'platform/pages/assets');

/** Serves a directory's files under `/assets/`: those that are there at the start, no other. */
export function serveAssets(instance: FastifyInstance, directory: string): void {
  // Not awaited: Fastify would build the routes at once, before Nest has set what writes their errors.
  void instance.register(fastifyStatic, {
    root: directory,
    prefix: '/assets/',
    wildcard: false,
    index: false,
    decorateReply: false,
    maxAge: '5m',
  });
}
