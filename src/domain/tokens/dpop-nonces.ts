import { createHmac, hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';

/** A nonce is accepted in its own minute, in the next, and by a process whose clock is one minute behind. */
const slotMs = 60_000;

/**
 * The nonces that DPoP proofs must carry, for clients that require them: a keyed hash of the minute. Every process with the
 * same settings makes and accepts the same ones, and none stores them. Source: RFC 9449 §8.
 */
@Injectable()
export class DpopNonces {
  private readonly keys: readonly Buffer[];

  constructor(
    @Inject(CONFIG) { keyEncryptionKeys, issuer }: Config,
    private readonly clock: Clock,
  ) {
    // Development may have no keys; there is nobody to hide a nonce from.
    const secrets = keyEncryptionKeys.length === 0 ? [issuer] : keyEncryptionKeys;
    this.keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'tessera dpop nonce', 32)));
  }

  /** The nonce of this minute, under the first of KEY_ENCRYPTION_KEYS. */
  current(): string {
    return nonceOf(this.keys.slice(0, 1), this.slot())[0] ?? '';
  }

  /** Accepts every one of KEY_ENCRYPTION_KEYS: another process may have another one first. */
  includes(nonce: string): boolean {
    const slot = this.slot();
    return [slot, slot - 1, slot + 1].some((each) => nonceOf(this.keys, each).includes(nonce));
  }

  private slot(): number {
    return Math.floor(this.clock.now() / slotMs);
  }
}

function nonceOf(keys: readonly Buffer[], slot: number): string[] {
  return keys.map((key) => createHmac('sha256', key).update(String(slot)).digest('base64url').slice(0, 22));
}
