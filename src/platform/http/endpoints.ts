import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Access, Guard } from './access';
import { declarationsOf, type EndpointDeclaration, type EndpointHandler } from './endpoint';

export interface RunningEndpoint {
  readonly declaration: EndpointDeclaration;
  readonly controller: object;
  /** The controller's method. */
  readonly handler: EndpointHandler<unknown>;
  /** Undefined for a public endpoint. */
  readonly guarded: { readonly guard: Guard<unknown>; readonly access: Access } | undefined;
}

/** All endpoints of the service, as its controllers declare them. */
@Injectable()
export class Endpoints {
  private found: readonly RunningEndpoint[] | undefined;

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    private readonly services: ModuleRef,
  ) {}

  /** Call it only after Nest has created the controllers. Throws when an endpoint does not declare its access. */
  all(): readonly RunningEndpoint[] {
    this.found ??= [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ instance }) => this.endpointsOf(instance));
    return this.found;
  }

  private endpointsOf(controller: object): RunningEndpoint[] {
    return declarationsOf(Object.getPrototypeOf(controller)).map(({ declaration, method }) => {
      const handler: unknown = Reflect.get(controller, method);
      const { access }: Partial<EndpointDeclaration> = declaration;
      if (typeof handler !== 'function') throw new Error(`${declaration.path} has no handler`);
      if (access === undefined) throw new Error(`${declaration.path} does not declare who may call it`);
      const guarded =
        access === 'public' ? undefined : { access, guard: this.services.get(access.guard, { strict: false }) };
      return { declaration, controller, handler: handler as EndpointHandler<unknown>, guarded };
    });
  }
}
