import { describe, expect, it } from '@jest/globals';
import { commands } from './commands';
import { commandHelp, generalHelp } from './help';

describe('the help of tessera', () => {
  it('given all commands, when they are listed, then each is there once, beside what it does', () => {
    const lines = generalHelp(commands).split('\n');

    const listed = commands.map(({ words, about }) =>
      lines.filter((line) => line.startsWith(`  ${words} `) && line.endsWith(` ${about}`)),
    );

    expect(listed.map(({ length }) => length)).toEqual(commands.map(() => 1));
  });

  it.each(commands.map((command) => [command.words, command] as const))(
    'given %s, when its help is read, then every option is in it with what it means, and no line is too long for a terminal',
    (words, command) => {
      const help = commandHelp(command);

      const [first = '', ...lines] = help.split('\n');
      expect(first.startsWith(`npm run --silent tessera -- ${words}`)).toBe(true);
      for (const [name, { description = '' }] of Object.entries(command.options)) {
        expect(description).not.toBe('');
        expect(help).toMatch(new RegExp(`^  --${name.replaceAll('_', '-')}(?: .*)?\\s+${escaped(description)}$`, 'm'));
      }
      expect(lines.filter((line) => line.length > 125)).toEqual([]);
    },
  );
});

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
