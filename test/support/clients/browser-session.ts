import type { BrowserSession } from '../../../src/apps/browser/browser-session';

export { BrowserSession } from '../../../src/apps/browser/browser-session';
export { hiddenFields } from '../../../src/apps/browser/page-form';

/** The id of the session that the browser's cookie names. */
export function sessionIdOf(browser: BrowserSession): string {
  return browser.cookie('tessera_session')?.split('.')[0] ?? 'no session';
}
