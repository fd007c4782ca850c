import { type Setting, settings } from '../../../src/platform/settings';

const width = 100;

/** What docs/settings.md has to say: every setting of the source, in its order. */
export function settingsPage(): string {
  const described = Object.entries<Setting>(settings).map(([name, setting]) => section(name, setting));
  return `${introduction}\n${described.join('\n')}`;
}

const introduction = `# Settings

By environment; an empty value counts as absent. A value that is not allowed ends the start with one
line and exit status 78. [Operations](operations.md#settings) says which ones production needs.

This page is written by \`npm run docs:settings\` from \`src/platform/settings.ts\`;
a test compares them.
`;

function section(name: string, { allowed, meaning, ...setting }: Setting): string {
  return `## \`${name}\`

${wrapped(meaning)}

${wrapped(`- default: ${defaultOf(setting)}`, '  ')}
${wrapped(`- allowed: ${allowed}`, '  ')}
`;
}

function defaultOf({ byDefault, inProduction, otherwise = 'none' }: Omit<Setting, 'allowed' | 'meaning'>): string {
  if (byDefault === undefined) return otherwise;
  return inProduction === undefined ? `\`${byDefault}\`` : `\`${byDefault}\`, in production \`${inProduction}\``;
}

/** In lines that are no longer than the page is wide; those after the first begin with `indent`. */
function wrapped(text: string, indent = ''): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)}${lines.at(-1) === '' ? '' : ' '}${word}`;
    if (longer.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join('\n');
}

/** What the page says of each setting, its lines joined. */
export function describedSettings(page: string): { name: string; byDefault: string; allowed: string }[] {
  return [...page.matchAll(/^## `([A-Z_]+)`\n.*?^- default: (.*?)^- allowed: (.*?)\n(?:\n|$)/gms)].map(
    ([, name = '', byDefault = '', allowed = '']) => ({ name, byDefault: joined(byDefault), allowed: joined(allowed) }),
  );
}

function joined(lines: string): string {
  return lines.trim().replaceAll(/\n +/g, ' ');
}
