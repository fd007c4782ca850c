import { expect, it } from '@jest/globals';
import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Access, Guard } from './access';
import { Endpoint, type EndpointDeclaration } from './endpoint';
import { Endpoints } from './endpoints';

@Injectable()
class Doorman implements Guard<void> {
  admit(): void {}
}

const guarded: Access<void> = { by: 'admin', role: 'viewer', guard: Doorman };

/** The endpoints of a service with one endpoint, of this access. */
async function endpointsWith(access: unknown): Promise<Endpoints> {
  const declaration = { method: 'GET', path: '/there', describe: {}, access } as EndpointDeclaration;
  @Controller()
  class ThereController {
    @Endpoint(declaration)
    there(): void {}
  }
  @Module({ controllers: [ThereController], providers: [Endpoints] })
  class ThereModule {}
  return (await NestFactory.createApplicationContext(ThereModule, { logger: false })).get(Endpoints);
}

it('given an endpoint that does not declare who may call it, when the routes are made, then that ends the start', async () => {
  const endpoints = await endpointsWith(undefined);

  expect(() => endpoints.all()).toThrow('/there does not declare who may call it');
});

it('given a guard that the service does not have, when the routes are made, then that ends the start', async () => {
  const endpoints = await endpointsWith(guarded);

  expect(() => endpoints.all()).toThrow('Doorman');
});
