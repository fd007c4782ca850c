/** The directory of this code, built or not: templates and assets lie in it, each beside what uses it. */
export const root = __dirname;
