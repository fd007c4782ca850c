import type { WireRequest } from '../wire';

export type Fields = Readonly<Record<string, string | undefined>>;

/** The request with changed fields in its form, or in its query without a form; undefined removes one. */
export function altered(request: WireRequest, changes: Fields): WireRequest {
  if (request.form !== undefined) return { ...request, form: changed(request.form, changes) };
  const [pathname = '', query] = request.path.split('?');
  const fields = changed(Object.fromEntries(new URLSearchParams(query)), changes);
  return { ...request, path: `${pathname}?${new URLSearchParams(fields)}` };
}

function changed(fields: Fields, changes: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...fields, ...changes }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
