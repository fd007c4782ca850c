import type { Events } from '../../domain/events/events';
import type { KeyRing, PublicKeyState } from '../../domain/tokens/key-ring';

/** The administration of the signing keys. Every method may throw StoreUnavailableError. */
export class AdminKeys {
  constructor(private readonly keys: KeyRing) {}

  /** Public parts and states, the newest of each algorithm first. */
  async list(): Promise<{ readonly data: readonly PublicKeyState[] }> {
    return { data: await this.keys.states() };
  }

  /** See {@link KeyRing.rotate}. */
  async rotate(immediately: boolean, events: Events): Promise<{ readonly data: readonly PublicKeyState[] }> {
    await this.keys.rotate(immediately);
    events.emit({ type: 'keys_rotated', immediately });
    return this.list();
  }
}
