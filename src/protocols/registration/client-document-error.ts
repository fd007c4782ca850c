import { type ErrorDefinition, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses about a client whose id is the URL of its metadata document. Source: draft-ietf-oauth-client-id-metadata-document §5. */
export const clientDocumentErrors = {
  client_document_unreachable: {
    status: 400,
    error: 'invalid_client',
    description: 'The metadata document of this client cannot be fetched',
    hint: 'The client_id is a URL: serve its metadata there over https, as application/json of at most 5 KB, within 3 seconds and without a redirect.',
  },
  client_document_invalid: {
    status: 400,
    error: 'invalid_client',
    description: 'The metadata document of this client is not allowed so',
    hint: 'The client_id is a URL: what is served there must be a JSON object of client metadata (RFC 7591 §2) with this very client_id, and without a secret.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ClientDocumentErrorReason = keyof typeof clientDocumentErrors;

export class ClientDocumentError extends ProtocolError {
  /** `why`: ends the sentence; nothing that the document holds. */
  constructor(
    override readonly reason: ClientDocumentErrorReason,
    why: string,
    cause?: unknown,
  ) {
    const definition = clientDocumentErrors[reason];
    super({ ...definition, description: `${definition.description}: ${why}` }, reason, { cause });
  }
}
