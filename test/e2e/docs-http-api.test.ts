import { beforeAll, describe, expect, it } from '@jest/globals';
import { clientFields } from '../../src/domain/clients/client-metadata';
import { settings } from '../../src/platform/settings';
import type { EndpointDeclaration } from '../../src/platform/http/endpoint';
import { Endpoints } from '../../src/platform/http/endpoints';
import { authorizationErrors } from '../../src/protocols/oauth/authorization-error';
import { documentOf, type DocumentedOperation, errorsOf, operationsOf } from '../support/docs/api-document';
import { errorCatalogues } from '../support/docs/error-tables';
import { codeIn, endpointsIn, sectionNamed, sections } from '../support/docs/http-api-page';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const lookOfReasons = /^\w+_(?:expired|invalid|malformed|mismatch|repeated|required|reused|revoked|unknown|used)$/;

describe('docs/http-api.md', () => {
  let declarations: EndpointDeclaration[];
  let operations: Map<string, DocumentedOperation['operation']>;

  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  beforeAll(async () => {
    declarations = service.app
      .get(Endpoints)
      .all()
      .map(({ declaration }) => declaration);
    const all = operationsOf(await documentOf(service));
    operations = new Map(all.map(({ method, path, operation }) => [`${method.toUpperCase()} ${path}`, operation]));
  });

  it('given the OpenAPI document, when the headings are read, then each endpoint stands in one, and no other', () => {
    const headed = sections().flatMap(({ endpoints }) => endpoints);

    expect(headed.toSorted()).toEqual([...operations.keys()].toSorted());
  });

  it('given the OpenAPI document, when the text is read, then it names no endpoint that is none', () => {
    const named = sections().flatMap(({ text }) => endpointsIn(text));

    expect(named.filter((endpoint) => !operations.has(endpoint))).toEqual([]);
  });

  it('given the catalogues of errors, when the text is read, then it names no reason that is none', () => {
    const known = new Set([...errorCatalogues().values()].flatMap((catalogue) => Object.keys(catalogue)));
    // A field of a client that looks like a reason.
    for (const field of Object.keys(clientFields)) known.add(field);

    const named = sections().flatMap(({ text }) => codeIn(text).filter((code) => lookOfReasons.test(code)));

    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((reason) => !known.has(reason))).toEqual([]);
  });

  it.each(sections().filter(({ endpoints }) => endpoints.length > 0))(
    'given $heading, when its tables are read, then they have each reason with its status and error, and no other',
    ({ endpoints, rows }) => {
      const described = rows.flatMap(({ answer = '', reason = '' }) =>
        codeIn(reason).map((name) => `${answer.replaceAll('`', '')} ${name}`),
      );

      const answered = new Set(endpoints.flatMap((endpoint) => refusalsOf(operations.get(endpoint))));

      expect(described.toSorted()).toEqual([...answered].toSorted());
    },
  );

  it('given the errors that a redirect carries, when /authorize is read, then its table has each, and no other', () => {
    const { rows } = sectionNamed('`GET /authorize`, `POST /authorize`');

    const described = rows.flatMap(({ error = '' }) => codeIn(error));

    expect(described.toSorted()).toEqual(
      [...new Set<string>(Object.values(authorizationErrors).map(({ error }) => error))].toSorted(),
    );
  });

  it('given the settings in the source, when the text is read, then it names no setting that is none', () => {
    const named = sections().flatMap(({ text }) =>
      codeIn(text).flatMap((code) => /^([A-Z]+(?:_[A-Z]+)+|[A-Z]+(?==))/.exec(code)?.[1] ?? []),
    );

    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !Object.keys(settings).includes(name))).toEqual([]);
  });

  it('given what the endpoints declare, when the table of origins is read, then it says whose pages may read each', () => {
    const rows = sectionNamed('Browsers').rows.filter(({ endpoints }) => endpoints);
    const [forAll = [], forRegistered = []] = rows.map(({ endpoints = '' }) => codeIn(endpoints));

    expect(forAll).toEqual(['/.well-known/*', '/register', '/register/:client_id']);
    const named = pathsSharedWith('all', declarations).filter((path) => !path.startsWith('/.well-known/'));
    expect(new Set(named)).toEqual(new Set(forAll.filter((path) => path !== '/.well-known/*')));
    expect(new Set(pathsSharedWith('registered', declarations))).toEqual(new Set(forRegistered));
  });

  it('given what the endpoints declare, when the table of limits is read, then it has the same figures', () => {
    const rows = sectionNamed('Limits').rows.flatMap(({ endpoints = '', ...row }) =>
      codeIn(endpoints).map((path) => [path, row['per IP address'], /^\d+/.exec(row['about one subject'] ?? '')?.[0]]),
    );

    const declared = declarations.flatMap(({ path, limit }) =>
      limit === undefined ? [] : [[path, String(limit.address), String(limit.subject)]],
    );

    // One limit may stand at several methods of a path.
    expect(rows.toSorted()).toEqual([...new Map(declared.map((row) => [row.join(), row])).values()].toSorted());
  });

  it('given the catalogue of attacks, when their ids are read, then they are the same, in their order', async () => {
    const attacks: readonly { readonly name: string }[] = await fetch(`${service.url}/compare/attacks`).then(
      (response) => response.json(),
    );

    const named = codeIn(sectionNamed('`GET /compare/attacks`').text);

    expect(named).toEqual(attacks.map(({ name }) => name));
  });

  it('given links to its own sections, when they are followed, then each leads to one', () => {
    const targets = sections().flatMap(({ text }) => [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target));
    const anchors = new Set(sections().map(({ heading }) => anchorOf(heading)));

    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !anchors.has(target ?? ''))).toEqual([]);
  });
});

function pathsSharedWith(asked: string, declarations: readonly EndpointDeclaration[]): string[] {
  return declarations.filter(({ origins }) => origins === asked).map(({ path }) => path);
}

/** Each reason that the operation documents, as `400 invalid_grant code_used`. */
function refusalsOf(operation: DocumentedOperation['operation'] | undefined): string[] {
  const errors = operation === undefined ? [] : errorsOf(operation);
  return errors.flatMap(({ status, error, reason }) => (reason === undefined ? [] : [`${status} ${error} ${reason}`]));
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
