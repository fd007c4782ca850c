import type { EndpointDeclaration } from '../../../src/platform/http/endpoint';
import { Endpoints } from '../../../src/platform/http/endpoints';
import type { TestService } from './service';

export interface Route {
  readonly path: string;
  readonly methods: readonly string[];
}

/** Every route of the running service, but static files, as Fastify's router knows them. */
export function routesOf({ app }: Pick<TestService, 'app'>): Route[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const parents: string[] = [];
  const routes: Route[] = [];
  for (const line of tree.split('\n')) {
    // Each level of the tree is drawn four characters wide.
    const [, drawing = '', segment = '', methods] = /^((?:[│ ] {3})*[├└]── )(.*?)(?: \(([^()]*)\))?$/.exec(line) ?? [];
    const depth = drawing.length / 4 - 1;
    if (depth < 0) continue;
    parents.splice(depth, Infinity, segment);
    if (methods !== undefined) routes.push({ path: parents.join(''), methods: methods.split(', ') });
  }
  return routes.filter(({ path }) => !path.startsWith('/assets/') && !path.includes('*'));
}

/** What each endpoint of the service declares. */
export function declarationsOf({ app }: Pick<TestService, 'app'>): EndpointDeclaration[] {
  return app
    .get(Endpoints)
    .all()
    .map(({ declaration }) => declaration);
}
