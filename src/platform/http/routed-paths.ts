import type { FastifyInstance } from 'fastify';
import type { EndpointDeclaration } from './endpoint';

interface RoutedPath {
  /** Distinct; empty for an unknown path. */
  readonly methods: readonly string[];
  /** The origins that may call it. */
  readonly origins: EndpointDeclaration['origins'];
}

interface Route {
  readonly pattern: RegExp;
  readonly method: string;
  readonly origins: EndpointDeclaration['origins'];
}

/** Knows the methods of each path, so that a wrong one gets a 405 with `Allow` and not a 404. */
export class RoutedPaths {
  private readonly routes: Route[] = [];

  /** Must be called before the routes are registered. */
  observe(instance: FastifyInstance): void {
    instance.addHook('onRoute', ({ method, url, config }) => {
      const pattern = patternOf(url);
      const origins = config?.endpoint?.origins;
      for (const each of [method].flat()) this.routes.push({ pattern, method: each, origins });
    });
  }

  at(url: string): RoutedPath {
    const path = decodedPath(url.split('?', 1)[0] ?? url);
    const found = this.routes.filter(({ pattern }) => pattern.test(path));
    const methods = [...new Set(found.map(({ method }) => method))].toSorted();
    return { methods, origins: found.find(({ origins }) => origins !== undefined)?.origins };
  }
}

/** The path as the router matches it. */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replace(/:\w+/g, '[^/]+').replace(/\*/g, '.+')}$`);
}
