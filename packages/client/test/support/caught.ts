import { TesseraError } from '../../src/errors.ts';

/** The error of a call that is to fail. */
export async function caught(call: PromiseLike<unknown>): Promise<TesseraError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof TesseraError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
