/** The database did not answer, or not in time. The caller may try again; nothing is known of what was asked. */
export class StoreUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The store is not available', { cause });
  }
}
