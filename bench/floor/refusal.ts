/** A refused request; Nest and Fastify both answer an error with its `statusCode`. */
class Refusal extends Error {
  constructor(
    readonly statusCode: number,
    code: string,
  ) {
    super(code);
  }
}

/** A statement and an operand of `??`. */
export function refuse(statusCode: number, code: string): never {
  throw new Refusal(statusCode, code);
}
