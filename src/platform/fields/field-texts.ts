import * as z from 'zod';

/** True for a list of objects, which are written `name=description`. */
export function listsObjects(field: z.ZodType): boolean {
  return field instanceof z.ZodArray && field.element instanceof z.ZodObject;
}

/** The value that a text means for a field; what cannot be one stays a text, which the field then refuses. */
export function valueOfText(field: z.ZodType | undefined, text: string): unknown {
  switch (field?.def.type) {
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : text);
    case 'number':
      return /^\d+$/.test(text) ? Number(text) : text;
    case 'object':
      return parsed(text) ?? text;
    default:
      return text;
  }
}

/** The value of a list of which each item is one text. */
export function listOfTexts(field: z.ZodType, texts: readonly string[]): unknown[] {
  return texts.map((text) => (listsObjects(field) ? namedItem(text) : text));
}

/** The text of a value, as {@link valueOfText} and {@link listOfTexts} read it: of a list one line for each item. */
export function textOfValue(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOfItem).join('\n');
  return typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value);
}

function textOfItem(item: unknown): string {
  const named = z.object({ name: z.string(), description: z.string() }).safeParse(item);
  return named.success ? `${named.data.name}=${named.data.description}` : String(item);
}

function namedItem(text: string): unknown {
  const [name, ...description] = text.split('=');
  return { name, description: description.join('=') };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
