/** Seconds. */
export const idTokenLifetime = 3_600;
