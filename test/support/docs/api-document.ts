import type { OpenApiDocument, Operation } from '../../../src/platform/http/openapi';
import type { ErrorBody } from '../../../src/platform/http/protocol-error';
import { adminToken } from '../operations/admin';
import { startService, type TestService } from '../service/service';

export interface DocumentedOperation {
  readonly path: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly operation: Operation;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

export async function documentOf({ url }: Pick<TestService, 'url'>): Promise<OpenApiDocument> {
  return (await fetch(`${url}/docs-json`)).json();
}

/** The document of a service that has all endpoints. */
export async function wholeDocument(): Promise<OpenApiDocument> {
  const service = await startService('lmdb', { ADMIN_TOKEN: adminToken });
  const document = await documentOf(service);
  await service.stop();
  return document;
}

/** Every operation of the document. */
export function operationsOf({ paths }: Pick<OpenApiDocument, 'paths'>): DocumentedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
}

/** An error response as an operation documents it. */
export interface DocumentedError extends ErrorBody {
  readonly status: string;
  /** The reason, or what tells it from the others that have none. */
  readonly name: string;
}

export function errorsOf({ responses }: Operation): DocumentedError[] {
  return Object.entries(responses)
    .filter(([status]) => /^[45]/.test(status))
    .flatMap(([status, { content }]) => {
      const examples = Object.entries(content?.['application/json']?.examples ?? {});
      return examples.map(([name, { value }]) => ({ status, name, ...(value as ErrorBody) }));
    });
}
