/** Most levels of nesting in untrusted JSON: something recurses into it. */
export const deepestJson = 32;

/** What a JSON body must be; completes a sentence. */
export const bodyAllowed = `at most ${deepestJson} levels deep, and without __proto__ or constructor.prototype`;

/** Parses untrusted JSON. Throws: SyntaxError for malformed JSON, or JSON nested deeper than {@link deepestJson}. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new SyntaxError('nested too deep');
  return value;
}

/** True for a value nested deeper than {@link deepestJson}; `levels`: those left. */
export function isTooDeep(value: unknown, levels = deepestJson): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isTooDeep(part, levels - 1));
}
