import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { declarationsOf, type EndpointDeclaration, type EndpointHandler } from './endpoint';

export interface RunningEndpoint {
  readonly declaration: EndpointDeclaration;
  readonly controller: object;
  /** Of the controller. */
  readonly handler: EndpointHandler;
}

/** All endpoints of the service, as its controllers declare them. */
@Injectable()
export class Endpoints {
  private found: readonly RunningEndpoint[] | undefined;

  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** Must not be called before Nest has made the controllers. */
  all(): readonly RunningEndpoint[] {
    this.found ??= [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ instance }) => endpointsOf(instance));
    return this.found;
  }
}

function endpointsOf(controller: object): RunningEndpoint[] {
  return declarationsOf(Object.getPrototypeOf(controller)).map(({ declaration, method }) => {
    const handler: unknown = Reflect.get(controller, method);
    if (typeof handler !== 'function') throw new Error(`${declaration.path} has no handler`);
    return { declaration, controller, handler: handler as EndpointHandler };
  });
}
