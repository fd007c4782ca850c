import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Swagger UI in a page of our own: the one that it ships has inline scripts, which our CSP blocks. */
export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Tessera</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<script src="/docs/assets/swagger-ui-bundle.js" defer></script>
<script src="/assets/docs.js" defer></script>
</head>
<body>
<main id="docs"></main>
<noscript><p>This page needs JavaScript; the document itself is at <a href="/docs-json">/docs-json</a>.</p></noscript>
</body>
</html>
`;

const files = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** Serves the files of Swagger UI that the page needs, from this origin. */
export function serveDocsAssets(instance: FastifyInstance): void {
  void instance.register(fastifyStatic, {
    root: dirname(require.resolve('swagger-ui-dist/package.json')),
    prefix: '/docs/assets/',
    allowedPath: (path) => files.some((name) => path === `/${name}`),
    index: false,
    decorateReply: false,
    maxAge: '1h',
  });
}
