import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { admin } from '../operations/admin';
import type { TestService } from '../service/service';
import { BrowserSession, hiddenFields } from './browser-session';

/** The secret of a new link of this user, as its page sends it. */
export async function newLinkOf(
  service: TestService,
  id: string,
  purpose = 'invitation',
  asked: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { body } = await admin(service, 'POST', `/users/${id}/links`, { purpose, ...asked });
  return secretIn(String(body['url']));
}

export function secretIn(url: string): string {
  return url.split('#')[1] ?? '';
}

/** A browser that has the page of a link open, and sends its form. */
export class LinkPage {
  readonly browser: BrowserSession;
  private readonly csrf: Promise<string>;

  constructor({ url }: Pick<TestService, 'url'>) {
    this.browser = new BrowserSession(url);
    this.csrf = this.browser
      .fetch('/link')
      .then((response) => response.text())
      .then((html) => hiddenFields(html)['csrf'] ?? '');
  }

  async send(secret: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    return this.browser.postForm('/link', { csrf: await this.csrf, secret, ...fields });
  }

  async challenge(secret: string): Promise<Response> {
    return this.browser.fetch('/link/passkeys/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ csrf: await this.csrf, secret }),
    });
  }

  async creationOptions(secret: string): Promise<PublicKeyCredentialCreationOptionsJSON> {
    return (await this.challenge(secret)).json();
  }
}
