import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { root } from '../../root';

/** Style sheets, scripts and images for every page. */
export const sharedAssets = join(root, 'platform/pages/assets');

/** Serves the files that a directory has at the start under `/assets/`, no others. */
export function serveAssets(instance: FastifyInstance, directory: string): void {
  // Not awaited: Fastify would build the routes at once, before Nest has set the error writer.
  void instance.register(fastifyStatic, {
    root: directory,
    prefix: '/assets/',
    wildcard: false,
    index: false,
    decorateReply: false,
    maxAge: '5m',
  });
}
