import 'reflect-metadata';
import { MODULE_METADATA } from '@nestjs/common/constants';
import { operatorRoles, includesRole, type OperatorRole } from '../../../src/domain/identity/operator-role';
import { AdminModule } from '../../../src/operations/admin/admin.module';
import { declarationsOf } from '../../../src/platform/http/endpoint';

const begin = '<!-- Written by npm run docs:operators -->\n\n';
const end = '\n<!-- End -->';

/** The page with the table of rights as the endpoints declare them. */
export function withRights(page: string): string {
  const [before] = page.split(begin);
  const [, after] = page.split(end);
  return `${before}${begin}${rightsTable()}${end}${after}`;
}

function rightsTable(): string {
  const head = ['endpoint', ...operatorRoles].join(' | ');
  const rows = endpointsUnder(AdminModule).map(({ name, role }) => {
    return [`\`${name}\``, ...operatorRoles.map((each) => (includesRole(each, role) ? 'yes' : ''))].join(' | ');
  });
  return [head, operatorRoles.map(() => '---').join(' | ') + ' | ---', ...rows].map((row) => `| ${row} |\n`).join('');
}

function endpointsUnder(root: object): { name: string; role: OperatorRole }[] {
  const declared = [...new Set(modulesUnder(root))]
    .flatMap((each) => metadataOf(MODULE_METADATA.CONTROLLERS, each))
    .flatMap(({ prototype }) => declarationsOf(prototype))
    .flatMap(({ declaration: { method, path, access } }) => {
      if (access === 'public' || access.role === undefined) return [];
      return [{ name: `${method} ${path.replace(/:(\w+)/g, '{$1}')}`, role: access.role as OperatorRole }];
    });
  const order = ({ name, role }: (typeof declared)[number]) =>
    `${operatorRoles.indexOf(role)} ${name.split(' ').toReversed().join(' ')}`;
  return declared.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** The module and those that it imports. */
function modulesUnder(root: object): object[] {
  return [root, ...metadataOf(MODULE_METADATA.IMPORTS, root).flatMap(modulesUnder)];
}

function metadataOf(key: string, module: object): { prototype: object }[] {
  return (Reflect.getMetadata(key, module) ?? []) as { prototype: object }[];
}
