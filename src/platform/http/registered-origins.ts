/** Knows from which origins pages of registered clients come. */
export abstract class RegisteredOrigins {
  /** `origin`: of a request's header, as it was sent. Rejects with StoreUnavailableError. */
  abstract includes(origin: string): Promise<boolean>;
}
