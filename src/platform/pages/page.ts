/** A template with the type of its data. Whoever shows a page declares it, so that this folder imports no other. */
export interface Page<Data extends object> {
  readonly template: string;
  /** Never set; ties the type to the template. */
  readonly data?: Data;
}

/** `template`: its path from `src/` without the extension, such as `login/views/login`. */
export function page<Data extends object>(template: string): Page<Data> {
  return { template };
}
