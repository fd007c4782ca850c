import type { ModuleMetadata, Provider, Type } from '@nestjs/common';

/** What the storage module binds: one database, and an adapter for every port. */
export interface Storage {
  readonly database: Type;
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly providers: Provider[];
}
