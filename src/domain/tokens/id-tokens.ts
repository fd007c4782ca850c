import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import * as z from 'zod';
import { CONFIG, type Config } from '../../platform/config';
import { signingAlgorithms } from '../../platform/settings';
import { KeyRing } from './key-ring';

const claimsSchema = z.object({ sub: z.string(), aud: z.string(), sid: z.string().optional() });

/** Subject, session and client (`aud`) of an ID token. */
export type IdTokenClaims = z.infer<typeof claimsSchema>;

/** Reads our own ID tokens when they come back as a hint. */
@Injectable()
export class IdTokens {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly keys: KeyRing,
  ) {}

  /**
   * The claims, even of an expired token; undefined for a token that is not ours. Source: OpenID Connect RP-Initiated Logout
   * 1.0 §2.
   */
  async read(token: string): Promise<IdTokenClaims | undefined> {
    try {
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          const key = await this.keys.verificationKey(header);
          if (key === undefined) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        {
          algorithms: [...signingAlgorithms],
          typ: 'JWT',
          issuer: this.config.issuer,
          // The epoch: nothing has expired then.
          currentDate: new Date(0),
        },
      );
      return claimsSchema.safeParse(payload).data;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
