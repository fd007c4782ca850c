import type { FastifyInstance } from 'fastify';

/** Knows which methods each path answers, so that a wrong method is a 405 with `Allow` and not a 404. */
export class AllowedMethods {
  private readonly routes: { readonly pattern: RegExp; readonly method: string }[] = [];

  /** Must be called before the routes are registered. */
  observe(instance: FastifyInstance): void {
    instance.addHook('onRoute', ({ method, url }) => {
      const pattern = patternOf(url);
      for (const each of [method].flat()) if (each !== 'OPTIONS') this.routes.push({ pattern, method: each });
    });
  }

  /** The methods of the path, without repetition; empty when nothing is at it. */
  of(path: string): string[] {
    const decoded = decodedPath(path);
    const methods = this.routes.filter(({ pattern }) => pattern.test(decoded)).map(({ method }) => method);
    return [...new Set(methods)].toSorted();
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
