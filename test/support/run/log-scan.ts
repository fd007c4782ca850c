import type { CollectedRun } from './run-log';

/** What a credential looks like, whoever made it. */
const shapes: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['JWT', /eyJ[\w-]{10,}\.eyJ[\w-]+/],
  ['signature', /0x[\da-f]{128,}/i],
  ['256 random bits in base64url', /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])/],
  ['Authorization header', /\b(?:Basic|Bearer|DPoP) [\w+/.~-]{16,}/],
];

const beginningLength = 8;

/** The lines of the log that hold a credential, each with what was found in it; the credential itself is not repeated. */
export function findCredentials({ log, credentials }: CollectedRun): string[] {
  const lines = distinctLines(log);
  const found = [...heldBy(lines.join('\n'), credentials)].map(
    (credential) =>
      `a credential of ${credential.length} characters that a client used: ${lineWith(lines, credential)}`,
  );
  const shaped = lines.flatMap((line) =>
    shapes.filter(([, pattern]) => pattern.test(line)).map(([kind]) => `${kind}: ${masked(line)}`),
  );
  return [...found, ...shaped];
}

/** Those of the credentials that the text holds; one walk over it, because there are tens of thousands of them. */
function heldBy(text: string, credentials: ReadonlySet<string>): Set<string> {
  const held = new Set<string>();
  const byBeginning = new Map<string, string[]>();
  for (const credential of credentials) {
    const beginning = credential.slice(0, beginningLength);
    if (beginning.length < beginningLength) {
      if (text.includes(credential)) held.add(credential);
    } else {
      const alike = byBeginning.get(beginning);
      if (alike === undefined) byBeginning.set(beginning, [credential]);
      else alike.push(credential);
    }
  }
  for (let at = 0; at + beginningLength <= text.length; at += 1) {
    const alike = byBeginning.get(text.slice(at, at + beginningLength)) ?? [];
    for (const credential of alike) if (text.startsWith(credential, at)) held.add(credential);
  }
  return held;
}

/** Most lines differ only in when, where and how long; without these few are left to be searched. */
function distinctLines(log: string): string[] {
  const passing = /"(?:id|time|reqId|request_id)":"[^"]*",?|"(?:pid|ms|duration_ms)":[\d.]+,?/g;
  return [...new Set(log.split('\n').map((line) => line.replace(passing, '')))];
}

function lineWith(lines: readonly string[], credential: string): string {
  return masked(lines.find((line) => line.includes(credential)) ?? '').replaceAll(credential, '…');
}

function masked(line: string): string {
  return line.replace(/[\w+/=.~-]{24,}/g, (run) => `${run.slice(0, 6)}…`).slice(0, 400);
}
