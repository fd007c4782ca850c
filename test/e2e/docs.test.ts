import { describe, expect, it } from '@jest/globals';
import { authorizationErrors } from '../../src/protocols/oauth/authorization-error';
import { documentOf, errorsOf, operationsOf } from '../support/docs/api-document';
import { errorCatalogues } from '../support/docs/error-tables';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { routesOf } from '../support/service/routes';

describe('the OpenAPI document', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const document = fixture(() => documentOf(service));

  it('given the running service, when its routes are listed, then each is in the document and the reverse', async () => {
    const documented = operationsOf(document).map(({ method, path }) => `${method} ${path}`);
    const routes = routesOf(service).flatMap(({ path, methods }) =>
      methods
        .filter((method) => method !== 'HEAD' && method !== 'OPTIONS')
        .map((method) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`),
    );

    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it('given the document, when it is read, then it is OpenAPI 3.1 of this issuer', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: service.url }]);
  });

  it('given every operation, when it is read, then it says what it does, what it answers and how it refuses', async () => {
    for (const { path, operation } of operationsOf(document)) {
      expect([path, operation.summary]).toEqual([path, expect.stringMatching(/\w/)]);
      expect([path, operation.tags?.length ?? 0]).not.toEqual([path, 0]);
      expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(['400', '500'])]);
      expect([path, Object.keys(operation.responses).some((status) => /^[23]/.test(status))]).toEqual([path, true]);
    }
  });

  it('given all operations, when their ids are compared, then none has the id of another', async () => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);

    expect(ids).toEqual([...new Set(ids)]);
  });

  const ofEndpoints = [...errorCatalogues()].filter(([name]) => !['authorizationErrors', 'httpErrors'].includes(name));

  it.each(ofEndpoints)('given %s, when the document is read, then each is at an endpoint', async (_name, catalogue) => {
    const documented = operationsOf(document).flatMap(({ operation }) => errorsOf(operation).map(({ name }) => name));

    expect(documented).toEqual(expect.arrayContaining(Object.keys(catalogue)));
  });

  it('given the errors that a redirect carries, when /authorize is read, then each is an example of its Location', async () => {
    const redirect = document.paths['/authorize']?.get?.responses['303'];

    expect(Object.keys(redirect?.headers?.['Location']?.examples ?? {})).toEqual(
      expect.arrayContaining(Object.keys(authorizationErrors)),
    );
  });
});
