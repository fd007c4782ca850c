import { errorClass, errors } from '../http/protocol-error';

export const fieldErrors = errors(400, 'invalid_request', {
  field_invalid: ['A field is not allowed', 'The description names the field and what is allowed in it.'],
});

/** An invalid field. Names the field and what is allowed, and never quotes the value. */
export class FieldError extends errorClass(fieldErrors) {
  /** `field`: as the API spells it; `allowed`: completes the sentence `allowed: …`. */
  constructor(
    readonly field: string,
    readonly allowed: string,
  ) {
    super('field_invalid', { description: `${field} is not allowed so; allowed: ${allowed}` });
  }
}
