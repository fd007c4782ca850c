import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Authenticator } from '../clients/authenticator';

/** An authenticator of chromium's own in a page. Source: Chrome DevTools Protocol, domain WebAuthn. */
export class VirtualAuthenticator {
  private constructor(
    private readonly session: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  static async in(context: BrowserContext, page: Page): Promise<VirtualAuthenticator> {
    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new VirtualAuthenticator(session, authenticatorId);
  }

  /** Gives it the latest passkey of an authenticator in software. */
  async hold({ exported }: Authenticator, rpId = 'localhost'): Promise<void> {
    const { id, userHandle, counter: signCount, privateKey } = exported;
    await this.session.send('WebAuthn.addCredential', {
      authenticatorId: this.authenticatorId,
      credential: {
        credentialId: base64(id),
        isResidentCredential: true,
        rpId,
        privateKey: privateKey.toString('base64'),
        userHandle: base64(userHandle),
        signCount,
      },
    });
  }

  /** How many passkeys it has. */
  async count(): Promise<number> {
    const { authenticatorId } = this;
    return (await this.session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length;
  }

  /** Has it sign nonsense. */
  async signBogusly(): Promise<void> {
    await this.session.send('WebAuthn.setResponseOverrideBits', {
      authenticatorId: this.authenticatorId,
      isBogusSignature: true,
    });
  }

  /** Has it say that it did not verify its user. */
  async denyVerification(): Promise<void> {
    await this.session.send('WebAuthn.setResponseOverrideBits', {
      authenticatorId: this.authenticatorId,
      isBadUV: true,
    });
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'base64url').toString('base64');
}
