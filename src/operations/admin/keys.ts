import type { Events } from '../../domain/events/events';
import { namesIn } from '../../platform/fields/fields';
import type { KeyRing, PublicKeyState } from '../../domain/tokens/key-ring';

/** The fields of a rotation. */
interface Rotation {
  readonly immediately?: boolean;
}

/** The administration of the signing keys. Every method may throw StoreUnavailableError. */
export class AdminKeys {
  constructor(private readonly keys: KeyRing) {}

  /** Public parts and states, the newest of each algorithm first. */
  async list(): Promise<{ readonly data: readonly PublicKeyState[] }> {
    return { data: await this.keys.states() };
  }

  /** See {@link KeyRing.rotate}. */
  async rotate(asked: Rotation, events: Events): Promise<{ readonly data: readonly PublicKeyState[] }> {
    const { immediately = false } = asked;
    const changed = namesIn(asked);
    await this.keys.rotate(immediately, (keyId) =>
      events.announce({ type: 'keys_rotated', immediately, keyId, changed }),
    );
    return this.list();
  }
}
