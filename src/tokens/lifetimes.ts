/** Seconds. */
export const idTokenLifetime = 3_600;

/** Seconds from the login, whatever its rotations: after that the end-user logs in again. */
export const refreshFamilyLifetime = 30 * 24 * 3_600;
