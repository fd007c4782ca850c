/** The collections that hold state of logins, in the order in which a reader wants them. */
export const inspectedCollections = ['challenges', 'grants', 'sessions', 'consents'] as const;
export type InspectedCollection = (typeof inspectedCollections)[number];
