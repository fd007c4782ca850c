/** Knows the origins of registered clients. */
export abstract class RegisteredOrigins {
  /** `origin`: of the request header, as sent. Rejects with StoreUnavailableError. */
  abstract includes(origin: string): Promise<boolean>;
}
