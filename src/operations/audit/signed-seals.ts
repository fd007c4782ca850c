import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../domain/tokens/key-ring';
import { type Seal, sealSchema } from './audit-seal';
import { SealStore } from './seal-store';

/** A number with its seal; without one where what is stored is none of the service. */
export interface NumberedSeal {
  readonly number: number;
  readonly seal?: Seal;
}

/** The seals of the trail, signed and verified by the service's keys. Every method may throw StoreUnavailableError. */
@Injectable()
export class SignedSeals {
  constructor(
    private readonly store: SealStore,
    private readonly keys: KeyRing,
  ) {}

  /** Signs and stores it; false when its number is taken. */
  async add(seal: Seal): Promise<boolean> {
    return this.store.add({ number: seal.number, seal: this.keys.seal(seal) });
  }

  /** Those behind a number, ascending. */
  async *after(number: number): AsyncGenerator<NumberedSeal, void, undefined> {
    for await (const { number: own, seal } of this.store.after(number)) {
      const { data } = sealSchema.safeParse(await this.keys.sealed(seal));
      yield data?.number === own ? { number: own, seal: data } : { number: own };
    }
  }

  async remove(number: number): Promise<void> {
    await this.store.remove(number);
  }
}
