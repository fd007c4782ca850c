import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, type FormatConfig } from 'oxfmt';
import ts from 'typescript';

/** What a program can import by one name: its declaration, or those of its overloads. */
interface Exported {
  readonly name: string;
  readonly declarations: readonly ts.Statement[];
}

/** A name that programs import packages by, and what they find there. */
interface Entry {
  readonly name: string;
  readonly about: string;
  readonly exported: readonly Exported[];
}

/** The reference of `@tessera/client`, from the declarations in the folder that it is installed in. */
export async function clientApiPage(installed: string): Promise<string> {
  const entries = entriesOf(installed);
  const anchors = anchorsOf(entries);
  const sections = entries.flatMap((entry) => [
    `## \`${entry.name}\``,
    linked(entry.about, entry, anchors),
    ...entry.exported.flatMap((each) => [
      `### ${each.name}`,
      linked(docOf(each), entry, anchors),
      `\`\`\`ts\n${each.declarations.map(codeOf).join('\n')}\n\`\`\``,
      seeAlso(each, entry, anchors),
    ]),
  ]);
  const page = [heading, ...sections].filter((each) => each !== '').join('\n\n');
  const { code } = await format('client-api.md', page, style);
  return code;
}

/** As the whole repository is formatted. */
const style = JSON.parse(readFileSync(join(__dirname, '../../../.oxfmtrc.json'), 'utf8')) as FormatConfig;

const heading = `# The API of @tessera/client

What each entry of the package exports, with the docstrings of the source. [packages/client/README.md](../packages/client/README.md)
is where to begin; [errors.md](errors.md) has the errors of the service.

This page is written by \`npm run docs:client\`; a test compares it with the types that are published.`;

/** What is exported without a word about it, and what is named in a type but cannot be imported. */
export function gapsOf(installed: string): string[] {
  const entries = entriesOf(installed);
  const exported = entries.flatMap((entry) => entry.exported);
  const names = new Set(exported.map(({ name }) => name));
  const undocumented = exported.flatMap((each) => [
    ...(docOf(each) === '' ? [`${each.name} says nothing`] : []),
    ...each.declarations
      .flatMap((declaration) => callablesOf(declaration))
      .filter((member) => docOf({ declarations: [member] }) === '')
      .map((member) => `${each.name}.${member.name?.getText()} says nothing`),
  ]);
  const ours = declaredIn(installed);
  const hidden = exported.flatMap((each) =>
    mentionedIn(each)
      .filter((name) => ours.has(name) && !names.has(name))
      .map((name) => `${each.name} names ${name}, which cannot be imported`),
  );
  return [...new Set([...undocumented, ...hidden])];
}

function entriesOf(installed: string): Entry[] {
  const { name, exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, { import?: { types: string } }>;
  };
  return Object.entries(exports).flatMap(([path, target]) => {
    if (target.import === undefined) return [];
    const file = join(installed, target.import.types);
    const [about = ''] = /^\/\*\*.*?\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
    const exported = exportsOf(file).toSorted((one, other) => rankOf(one) - rankOf(other));
    return [{ name: name + path.slice(1), about: textOf(about), exported }];
  });
}

/** What is called comes before what it takes and gives. */
function rankOf({ declarations: [first] }: Exported): number {
  return first !== undefined && (ts.isInterfaceDeclaration(first) || ts.isTypeAliasDeclaration(first)) ? 1 : 0;
}

function exportsOf(file: string): Exported[] {
  const found = new Map<string, ts.Statement[]>();
  for (const statement of parsed(file).statements) {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause: clause, moduleSpecifier: from } = statement;
      if (from === undefined || clause === undefined || !ts.isNamedExports(clause)) continue;
      const path = (from as ts.StringLiteral).text.replace(/\.js$/, '.d.ts');
      const there = exportsOf(join(dirname(file), path));
      for (const { name, propertyName = name } of clause.elements) {
        const declared = there.find((each) => each.name === propertyName.text);
        if (declared !== undefined) found.set(name.text, [...declared.declarations]);
      }
    } else if (isExported(statement)) {
      for (const name of namesOf(statement)) found.set(name, [...(found.get(name) ?? []), statement]);
    }
  }
  return [...found].map(([name, declarations]) => ({ name, declarations }));
}

const isExported = (statement: ts.Statement) =>
  ts.canHaveModifiers(statement) &&
  ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}

const files = new Map<string, ts.SourceFile>();

function parsed(file: string): ts.SourceFile {
  const known = files.get(file) ?? ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  files.set(file, known);
  return known;
}

/** The names of all that the package declares, exported or not. */
function declaredIn(installed: string): Set<string> {
  const paths = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  const declarations = paths.filter((path) => path.endsWith('.d.ts')).map((path) => join(installed, 'dist', path));
  return new Set(declarations.flatMap((file) => parsed(file).statements.flatMap(namesOf)));
}

function docOf({ declarations }: { readonly declarations: readonly ts.Node[] }): string {
  return declarations
    .flatMap((each) => ts.getJSDocCommentsAndTags(each))
    .map((each) => textOf(each.getText()))
    .join('\n\n');
}

/** A comment without what makes it one. */
const textOf = (comment: string) =>
  comment
    .replace(/^\/\*\*\s*/, '')
    .replace(/\s*\*\/$/, '')
    .replaceAll(/^\s*\* ?/gm, '');

/** The declaration without what is not for its callers. */
function codeOf(declaration: ts.Statement): string {
  const start = declaration.getStart();
  let code = declaration.getText();
  const hidden = ts.isClassDeclaration(declaration) ? declaration.members.filter(isPrivate).toReversed() : [];
  for (const { pos, end } of hidden) code = code.slice(0, pos - start) + code.slice(end - start);
  return code.replace(/^export (?:declare )?/, '').replaceAll(/\{@link (\w+)\}/g, '$1');
}

const isPrivate = (member: ts.ClassElement) =>
  (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
  (ts.canHaveModifiers(member) &&
    ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true);

/** Shapes of what others wrote and describe. */
const othersShapes = new Set([
  'AppKitSiwx',
  'BaseAccountSdk',
  'ConnectKitSiwe',
  'Eip1193Provider',
  'RainbowKitAuthentication',
  'SecureStore',
  'WagmiConnector',
  'WebStorage',
]);

/** What of a declaration a program calls. */
function callablesOf(declaration: ts.Statement): readonly (ts.TypeElement | ts.ClassElement)[] {
  if (ts.isInterfaceDeclaration(declaration)) {
    if (othersShapes.has(declaration.name.text)) return [];
    return declaration.members.filter(
      (member) =>
        ts.isMethodSignature(member) ||
        (ts.isPropertySignature(member) && member.type !== undefined && ts.isFunctionTypeNode(member.type)),
    );
  }
  if (!ts.isClassDeclaration(declaration)) return [];
  return declaration.members.filter((member) => ts.isMethodDeclaration(member) && !isPrivate(member));
}

/** The types that a declaration names. */
function mentionedIn({ declarations }: Exported): string[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isClassElement(node) && isPrivate(node)) return;
    if (ts.isTypeReferenceNode(node)) names.add(node.typeName.getText());
    if (ts.isTypeQueryNode(node)) names.add(node.exprName.getText());
    if (ts.isExpressionWithTypeArguments(node)) names.add(node.expression.getText());
    ts.forEachChild(node, visit);
  };
  declarations.forEach(visit);
  return [...names];
}

/** Where the page has a name: of the entry itself, else of the first one that has it. */
type Anchors = (name: string, entry: Entry) => string | undefined;

/** As GitHub names the headings of a page. */
function anchorsOf(entries: readonly Entry[]): Anchors {
  const uses = new Map<string, number>();
  const anchors = entries.map((entry) => {
    const own = new Map(entry.exported.map(({ name }) => [name, anchorOf(name)]));
    return [entry.name, own] as const;
  });
  function anchorOf(text: string): string {
    const slug = text.toLowerCase();
    const before = uses.get(slug) ?? 0;
    uses.set(slug, before + 1);
    return before === 0 ? `#${slug}` : `#${slug}-${before}`;
  }
  const ofEntry = new Map(anchors);
  return (name, entry) =>
    ofEntry.get(entry.name)?.get(name) ?? anchors.map(([, own]) => own.get(name)).find((each) => each !== undefined);
}

const linked = (text: string, entry: Entry, anchors: Anchors) =>
  text.replaceAll(/\{@link (\w+)\}/g, (_, name: string) => {
    const anchor = anchors(name, entry);
    return anchor === undefined ? `\`${name}\`` : `[${name}](${anchor})`;
  });

function seeAlso(exported: Exported, entry: Entry, anchors: Anchors): string {
  const links = mentionedIn(exported).flatMap((name) => {
    const anchor = name === exported.name ? undefined : anchors(name, entry);
    return anchor === undefined ? [] : [`[${name}](${anchor})`];
  });
  return links.length === 0 ? '' : `See ${links.join(', ')}.`;
}
