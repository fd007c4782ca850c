/**
 * The fields of the records that logins write and read, in their order: a record of one of these shapes is stored without
 * its field names, any other one with them. A stored record names its shape by its place here, so the list may grow at
 * its end, and nothing in it may ever change.
 */
export const recordShapes: readonly (readonly string[])[] = [
  // Challenges.
  fields('kind id clientId redirectUri codeChallenge scope authentication createdAt expiresAt'),
  fields('kind id clientId redirectUri codeChallenge scope oidcNonce authentication createdAt expiresAt'),
  fields('kind id wallet chainId clientId message scope createdAt expiresAt'),
  // Who logged in.
  fields('sub amr authTime'),
  fields('sub amr authTime chainId'),
  // Grants, by what they were proved, and their refresh tokens: as they begin, and once they were rotated.
  fields('id model clientId scope authentication proof createdAt expiresAt'),
  fields('id model clientId scope authentication proof createdAt expiresAt refresh'),
  fields('codeChallenge'),
  fields('wallet chainId messageHash signatureHash'),
  fields('family current expiresAt'),
  fields('family current expiresAt previous successor rotatedAt'),
  // Sessions.
  fields('id secretHash authentication createdAt expiresAt'),
  // Codes and grants that know their session, and what is for resources.
  ...variants(
    'kind id clientId redirectUri codeChallenge scope audience? oidcNonce? authentication sessionId createdAt expiresAt',
  ),
  fields('kind id wallet chainId clientId message scope audience createdAt expiresAt'),
  ...variants('id model clientId scope audience? authentication proof sessionId createdAt expiresAt refresh?'),
  ...variants('id model clientId scope audience authentication proof createdAt expiresAt refresh?'),
  fields('together resources'),
  fields('identifier scope'),
  // Sessions that know where they began.
  ...variants('id secretHash authentication createdAt expiresAt browser network messageHash? replaced?'),
  // Client assertions.
  fields('kind id clientId createdAt expiresAt'),
  // Sessions and grants that have ended.
  ...variants('id secretHash authentication createdAt expiresAt browser network messageHash? replaced? endedAt'),
  ...variants('id authentication createdAt expiresAt messageHash? endedAt'),
  ...variants(
    'id model clientId scope audience? authentication proof sessionId? createdAt expiresAt refresh? revokedAt',
  ),
  // Challenges of requests that are traced.
  ...variants(
    'kind id clientId redirectUri codeChallenge scope audience? oidcNonce? authentication sessionId createdAt expiresAt trace',
  ),
  ...variants('kind id wallet chainId clientId message scope audience? createdAt expiresAt trace'),
  // Both models at once: wallet challenges with a code_challenge, and what verified them.
  ...variants('kind id wallet chainId clientId message scope audience? codeChallenge createdAt expiresAt trace?'),
  fields('wallet chainId messageHash signatureHash codeChallenge'),
  // Smart accounts, and their sessions.
  fields('sub amr authTime chainId accountProof'),
  ...variants(
    'id secretHash authentication createdAt expiresAt browser network messageHash signatureHash replaced? endedAt?',
  ),
  fields('id authentication createdAt expiresAt messageHash signatureHash endedAt'),
  // Nonces for messages that wallets write.
  ...variants('kind id clientId scope audience? chainId? statement? codeChallenge? createdAt expiresAt trace?'),
  // Pushed requests, before and after a browser has opened them.
  ...variants('kind id clientId request browser? createdAt expiresAt'),
  // Codes and refresh tokens that are bound to a key.
  ...variants(
    'kind id clientId redirectUri codeChallenge scope audience? oidcNonce? dpopJkt authentication sessionId createdAt expiresAt trace?',
  ),
  ...variants('family current expiresAt jkt'),
  fields('family current expiresAt jkt previous successor rotatedAt'),
  fields('family current expiresAt previous successor rotatedAt jkt'),
];

function fields(names: string): readonly string[] {
  return names.split(' ');
}

/** One with and one without each of the fields that are marked with a question mark. */
function variants(names: string): (readonly string[])[] {
  let shapes: (readonly string[])[] = [[]];
  for (const name of fields(names)) {
    const longer = shapes.map((shape) => [...shape, name.replace('?', '')]);
    shapes = name.endsWith('?') ? [...shapes, ...longer] : longer;
  }
  return shapes;
}
