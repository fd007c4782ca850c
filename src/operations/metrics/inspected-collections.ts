/** The collections with the state of logins, in the reader's order. */
export const inspectedCollections = ['challenges', 'grants', 'sessions', 'consents'] as const;
export type InspectedCollection = (typeof inspectedCollections)[number];
