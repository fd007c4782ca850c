import { createHmac, hkdfSync } from 'node:crypto';
import type { Config } from '../../platform/config';

/**
 * Decides by its trace id whether a request is sampled, so that a trace of several requests is sampled as a whole, in every
 * process with the same settings. Nobody can choose an id that is, because the ids are hashed with a key; and what a caller
 * says in its flags counts for nothing.
 */
export class Sampling {
  private readonly key: Buffer;

  constructor(
    { keyEncryptionKeys, issuer }: Pick<Config, 'keyEncryptionKeys' | 'issuer'>,
    private readonly ratio: number,
  ) {
    // In development there may be none, and nobody to keep it from.
    const secret = keyEncryptionKeys[0] ?? issuer;
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'tessera trace sampling', 32));
  }

  /** `traceId`: of the caller; without one, a trace begins here, and chance decides. */
  includes(traceId: string | undefined): boolean {
    if (traceId === undefined) return Math.random() < this.ratio;
    const hash = createHmac('sha256', this.key).update(traceId).digest();
    return hash.readUInt32BE(0) < this.ratio * 2 ** 32;
  }
}
