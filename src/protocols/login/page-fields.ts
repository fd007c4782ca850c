import * as z from 'zod';

const text = z.string().optional().catch(undefined);
const pageFields = z.object({ csrf: text, request: text, secret: text, username: text });

/** A page's fields in its script's JSON; a value that is not text counts as absent. Undefined for what is no object. */
export function pageFieldsIn(body: unknown): z.infer<typeof pageFields> | undefined {
  return pageFields.safeParse(body).data;
}
