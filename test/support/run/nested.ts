/** JSON of so many levels, each a list but the outermost, which is an object with `members` and `deep`. */
export function nestedJson(levels: number, members: object = {}): string {
  const deep = `${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`;
  const text = JSON.stringify({ ...members, deep: 'deep' });
  return text.replace('"deep":"deep"', `"deep":${deep}`);
}
