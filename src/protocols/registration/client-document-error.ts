import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors about a client whose id is the URL of its metadata document. Source: draft-ietf-oauth-client-id-metadata-document §5. */
export const clientDocumentErrors = errors(400, 'invalid_client', {
  client_document_unreachable: [
    'The metadata document of this client cannot be fetched',
    'The client_id is a URL: serve its metadata there over https, as application/json of at most 5 KB, within 3 seconds and without a redirect.',
  ],
  client_document_invalid: [
    'The metadata document of this client is not allowed so',
    'The client_id is a URL: what is served there must be a JSON object of client metadata (RFC 7591 §2) with this very client_id, and without a secret.',
  ],
});

export type ClientDocumentErrorReason = keyof typeof clientDocumentErrors;

export class ClientDocumentError extends errorClass(clientDocumentErrors) {
  /** `why` completes the sentence and must not quote the document. */
  constructor(reason: ClientDocumentErrorReason, why: string, cause?: unknown) {
    super(reason, { description: `${clientDocumentErrors[reason].description}: ${why}`, cause });
  }
}
