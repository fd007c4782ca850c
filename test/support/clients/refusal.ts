import { ProtocolError } from '../../../src/platform/http/protocol-error';

/** The reason of the error that it throws; undefined when it throws none. Any other error is thrown on. */
export async function refusalOf(attempt: () => unknown): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.reason;
    throw error;
  }
}
