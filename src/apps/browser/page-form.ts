const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** The hidden fields of a page's form, as a browser reads them. */
export function hiddenFields(html: string): Record<string, string> {
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, unescapeHtml(value)]));
}

/** Where the first form of a page goes, as it stands there; empty where it goes to the page itself. */
export function formAction(html: string): string {
  return unescapeHtml(/<form[^>]* action="([^"]*)"/.exec(html)?.[1] ?? '');
}

/** The value of a `data-` attribute of the page; undefined when no element has it. */
export function dataAttribute(html: string, name: string): string | undefined {
  const value = new RegExp(`\\sdata-${name}="([^"]*)"`).exec(html)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

/** The text of an attribute's value, of which the service's pages escape no more than these. */
function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}
