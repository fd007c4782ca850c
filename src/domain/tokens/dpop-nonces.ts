import { createHmac, hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';

/** A nonce is accepted in the minute it was made in, the one after, and by a process whose clock is one behind. */
const slotMs = 60_000;

/**
 * The nonces that DPoP proofs must carry, for the clients that are told to: a keyed hash of the minute, so that every process
 * with the same settings makes and accepts the same ones, and none keeps a record of them. Source: RFC 9449 §8.
 */
@Injectable()
export class DpopNonces {
  private readonly keys: readonly Buffer[];

  constructor(
    @Inject(CONFIG) { keyEncryptionKeys, issuer }: Config,
    private readonly clock: Clock,
  ) {
    // In development there may be none, and nobody to keep a nonce from.
    const secrets = keyEncryptionKeys.length === 0 ? [issuer] : keyEncryptionKeys;
    this.keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'tessera dpop nonce', 32)));
  }

  /** Of this minute, under the first of KEY_ENCRYPTION_KEYS. */
  current(): string {
    return nonceOf(this.keys.slice(0, 1), this.slot())[0] ?? '';
  }

  /** Also under another of KEY_ENCRYPTION_KEYS, which may be the first one elsewhere. */
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
