import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenApiDocument } from '../../../src/platform/http/openapi';
import { errorsOf, operationsOf } from './api-document';

type Catalogue = Readonly<Record<string, { status?: number; error: string; description: string }>>;

const source = join(__dirname, '../../../src');

/** Every catalogue of errors in the source: the objects that the files named `*-error.ts` export. */
export function errorCatalogues(): Map<string, Catalogue> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('-error.ts'));
  return new Map(
    files
      .flatMap((file) => Object.entries<unknown>(require(join(source, file))))
      .filter((entry): entry is [string, Catalogue] => typeof entry[1] === 'object'),
  );
}

/** One line of a table of docs/errors.md, by its cells. */
export type Row = readonly string[];

/** The tables of docs/errors.md as the source and the OpenAPI document have them. */
export function errorTables(document: OpenApiDocument): { byReason: Row[]; byRedirect: Row[]; ofHttp: Row[] } {
  const where = placesIn(document);
  const catalogues = errorCatalogues();
  const { authorizationErrors = {}, httpErrors = {}, ...rest } = Object.fromEntries(catalogues);
  const rowsOf = (catalogue: Catalogue) =>
    Object.entries(catalogue).map(([name, { status, error, description }]) => ({
      name,
      cells: [String(status), `\`${error}\``, asMarkdown(description)],
      where: where(name, String(status)),
    }));
  const byReason = new Map<string, Row>();
  for (const { name, cells, where: places } of Object.values(rest).flatMap(rowsOf)) {
    // What is named as its own error code is answered without a reason.
    const reason = cells[1] === `\`${name}\`` ? '' : `\`${name}\``;
    byReason.set([name, ...cells].join(), [reason, ...cells, places]);
  }
  return {
    byReason: [...byReason.values()].toSorted((a, b) => a.join().localeCompare(b.join(), 'en')),
    byRedirect: Object.values(authorizationErrors).map(({ error, description }) => [`\`${error}\``, description]),
    ofHttp: rowsOf(httpErrors).map(({ cells }) => cells),
  };
}

/** What a client calls. */
const ofClients = /`\/(?:authorize|introspect|par|revoke|token|userinfo|api\/me|wallet\/\w+)`/;

/** The type of the reasons that clients may get, as packages/client has it. */
export function reasonsModule(byReason: readonly Row[]): string {
  const reasons = byReason.flatMap(([reason = '', , , , where = '']) =>
    reason !== '' && ofClients.test(where) ? [`  | '${reason.slice(1, -1)}'`] : [],
  );
  return `// Written by \`npm run docs:errors\`; a test compares it with the catalogues in the source.

/** The stable reasons of the service's responses to clients. Source: docs/errors.md, section By reason. */
export type ServiceReason =
${[...new Set(reasons)].join('\n')};
`;
}

/** What Markdown would read as bold stands as code. */
function asMarkdown(description: string): string {
  return description.replaceAll('__proto__', '`__proto__`');
}

/** Tells at which endpoints an error is documented. */
function placesIn(document: OpenApiDocument): (name: string, status: string) => string {
  const all = operationsOf(document).flatMap(({ path, operation }) =>
    errorsOf(operation).map((error) => ({ ...error, path })),
  );
  return (name, status) =>
    inCode(all.filter((error) => error.name === name && error.status === status).map(({ path }) => path));
}

function inCode(paths: readonly string[]): string {
  return [...new Set(paths)]
    .toSorted()
    .map((path) => `\`${path}\``)
    .join(', ');
}
