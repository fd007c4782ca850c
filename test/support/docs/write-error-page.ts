import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wholeDocument } from './api-document';
import { errorTables, reasonsModule, type Row } from './error-tables';

/** Writes docs/errors.md, and the type of its reasons for clients, anew from the catalogues in the source: `npm run docs:errors`. */
async function main(): Promise<void> {
  const { byReason, byRedirect, ofHttp } = errorTables(await wholeDocument());
  const page = `# Errors

Every error response has the body \`{"error", "error_description", "reason"?}\`, or is a page that says the same where \`Accept\`
prefers HTML. \`error\` is a code of RFC 6749 §5.2 or its extensions. \`reason\` is stable and meant for programs;
\`error_description\` is for developers and never quotes what was sent. When each is answered, [http-api.md](http-api.md) says.

This page is written by \`npm run docs:errors\`; a test compares it with the catalogues in the source.

## By reason

A row without one is told by its \`error\` alone.

${table(['reason', 'status', 'error', 'error_description', 'where'], byReason)}

## By redirect

Once the client and its redirect URI are known and the request is protected, \`/authorize\` and \`/consent\` answer by a 303 to
the redirect URI with \`error\`, \`error_description\`, \`state\` and \`iss\` (RFC 6749 §4.1.2.1). They carry no reason. Of a client
that registered itself, in a browser without a session, they are pages with status 400 and the reason (RFC 9700 §4.11.2).

${table(['error', 'error_description'], byRedirect)}

## Of HTTP itself

Any URL may answer so, and they carry no reason. 429 and 503 come with \`Retry-After\`, 405 with \`Allow\`.

${table(['status', 'error', 'error_description'], ofHttp)}
`;
  writeFileSync(join(__dirname, '../../../docs/errors.md'), page);
  writeFileSync(join(__dirname, '../../../packages/client/src/reasons.ts'), reasonsModule(byReason));
}

function table(head: Row, rows: readonly Row[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

void main();
