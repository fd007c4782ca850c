/** Levels of objects and arrays within each other that JSON of others may have: what is nested without end, something recurses into. */
export const deepestJson = 32;

/** What a JSON body must be, which ends a sentence. */
export const bodyAllowed = `at most ${deepestJson} levels deep, and without __proto__ or constructor.prototype`;

/** Parses JSON that others wrote. Throws: SyntaxError for what is none, or nested deeper than {@link deepestJson}. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new SyntaxError('nested too deep');
  return value;
}

/** True for what {@link deepestJson} does not allow; `levels`: that are left. */
export function isTooDeep(value: unknown, levels = deepestJson): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isTooDeep(part, levels - 1));
}
