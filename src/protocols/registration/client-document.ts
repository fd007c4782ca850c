import { FieldError } from '../../platform/fields/field-error';
import { type JsonObject, objectIn } from '../../platform/fields/fields';
import { deepestJson, parseJson } from '../../platform/http/json';
import { ClientDocumentError } from './client-document-error';
import { readRegistration, type Registration, type Surroundings } from './registered-metadata';

/** Authentication methods without a shared secret. Source: draft-ietf-oauth-client-id-metadata-document §4.1. */
const methods: readonly unknown[] = ['none', 'private_key_jwt'];
const secretFields = ['client_secret', 'client_secret_expires_at'];

/** Characters: every record of a login contains it. */
const longestUrl = 256;

/** True for a client_id that can only be the URL of a metadata document. */
export function isDocumentUrl(clientId: string): boolean {
  return /^https?:\/\//.test(clientId);
}

/**
 * Throws: {@link ClientDocumentError} for a URL that is not in canonical spelling, has a fragment or a user, or lacks a path.
 * Source: draft-ietf-oauth-client-id-metadata-document §3.
 */
export function assertDocumentUrl(clientId: string, reaches: Surroundings['reaches']): void {
  const isSpelledSo = clientId.length <= longestUrl && URL.canParse(clientId) && new URL(clientId).href === clientId;
  // A fragment is never sent, so two ids would share one document.
  if (isSpelledSo && !clientId.includes('#') && reaches(clientId)) return;
  throw new ClientDocumentError(
    'client_document_invalid',
    `its URL must be https with a path, without dot segments, user or fragment, of at most ${longestUrl} characters`,
  );
}

/**
 * Parses the metadata document at the URL. Throws: {@link ClientDocumentError}.
 * Source: draft-ietf-oauth-client-id-metadata-document §4.1.
 */
export function readClientDocument(url: string, text: string, surroundings: Surroundings): Registration {
  const document = objectIn(parsed(text));
  if (document === undefined)
    throw new ClientDocumentError(
      'client_document_invalid',
      `it is not a JSON object, at most ${deepestJson} levels deep`,
    );
  // Otherwise a copy of another client's document would be shown under that client's name.
  if (document['client_id'] !== url) {
    throw new ClientDocumentError('client_document_invalid', 'its client_id is not its URL');
  }
  // Everybody can read the document.
  if (secretFields.some((name) => Object.hasOwn(document, name))) {
    throw new ClientDocumentError('client_document_invalid', 'it holds a client_secret');
  }
  return readMetadata(document, surroundings);
}

function readMetadata(document: JsonObject, surroundings: Surroundings): Registration {
  const { token_endpoint_auth_method: method = 'none' } = document;
  try {
    if (!methods.includes(method)) throw new FieldError('token_endpoint_auth_method', methods.join(', '));
    const registration = readRegistration({ ...document, token_endpoint_auth_method: method }, surroundings);
    // Such a client has no secret, and can get tokens only by codes.
    if ((registration.metadata.redirect_uris ?? []).length === 0) throw new FieldError('redirect_uris', 'at least one');
    return registration;
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new ClientDocumentError('client_document_invalid', error.message);
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
