import { type ErrorDefinition, ProtocolError } from '../http/protocol-error';

export const fieldErrors = {
  field_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'A field is not allowed',
    hint: 'The description names the field and what is allowed in it.',
  },
} as const satisfies Record<string, ErrorDefinition>;

/** A field that is not allowed. It tells the field's name and what is allowed, and never quotes the value. */
export class FieldError extends ProtocolError {
  /** `field`: as the API spells it; `allowed`: ends the sentence `allowed: …`. */
  constructor(
    readonly field: string,
    allowed: string,
  ) {
    const description = `${field} is not allowed so; allowed: ${allowed}`;
    super({ ...fieldErrors.field_invalid, description }, 'field_invalid');
  }
}
