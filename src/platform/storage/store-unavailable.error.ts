/** The database did not answer in time, or at all. The caller may retry; the operation may or may not have taken effect. */
export class StoreUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The store is not available', { cause });
  }
}
