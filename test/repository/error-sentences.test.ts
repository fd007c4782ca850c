import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { resourceErrors } from '../../packages/client/src/server/resource-error.ts';
import { FieldError } from '../../src/platform/fields/field-error';
import { allowedIn } from '../../src/platform/fields/fields';
import { apiFields } from '../../src/operations/admin/api-fields';
import { clientFields, clientIdAllowed } from '../../src/domain/clients/client-metadata';
import { userFields } from '../../src/operations/admin/user-fields';
import { outboundFailures } from '../../src/platform/outbound/outbound-failure';
import { allowedSentence } from '../support/service/envelope';
import { errorCatalogues } from '../support/docs/error-tables';

const source = join(__dirname, '../../src');

/** What ends a sentence that is composed where it is thrown: each text in `new …Error(…)`, with its file. */
function composed(): { file: string; text: string }[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  return files.flatMap((file) => {
    const tree = ts.createSourceFile(file, readFileSync(join(source, file), 'utf8'), ts.ScriptTarget.ESNext);
    return textsIn(tree, false).map((text) => ({ file, text }));
  });
}

function textsIn(node: ts.Node, isThrown: boolean): string[] {
  const isError =
    ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text.endsWith('Error');
  // Of a template its pieces: what stands between them is a text of its own, a number or a name.
  const own = isThrown && (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) ? [node.text] : [];
  const inner: string[] = [];
  node.forEachChild((child) => void inner.push(...textsIn(child, isThrown || isError)));
  return [...own, ...inner];
}

const wrongIn = (sentences: readonly string[]) => sentences.filter((sentence) => !allowedSentence.test(sentence));

// Source: RFC 6749 §5.2, RFC 7591 §3.2.2.
describe('what an error_description may hold', () => {
  it('given every catalogue of errors, when its sentences are read, then each is of those characters alone', () => {
    const catalogues = [...errorCatalogues().values(), resourceErrors];
    const sentences = catalogues.flatMap((each) => Object.values(each).map(({ description }) => description));

    expect(sentences.length).toBeGreaterThan(100);
    expect(wrongIn(sentences)).toEqual([]);
  });

  it('given every field, when it is refused, then what the error says of it is of those characters alone', () => {
    const tables = [apiFields, clientFields, userFields].flatMap((table) => Object.entries(table));
    const sentences = tables.map(([name, schema]) => new FieldError(name, allowedIn(schema)).message);

    expect(sentences.length).toBeGreaterThan(30);
    expect(wrongIn([...sentences, clientIdAllowed, ...Object.values(outboundFailures)])).toEqual([]);
  });

  it('given every sentence that is composed where it is thrown, when its parts are read, then each is of those characters alone', () => {
    const parts = composed();

    expect(parts.length).toBeGreaterThan(200);
    expect(parts.filter(({ text }) => text !== '' && !allowedSentence.test(text))).toEqual([]);
  });
});
