import { spawn } from 'node:child_process';

/** @type {Readonly<Record<string, readonly [string, ...string[]]>>} */
const openers = { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'], linux: ['xdg-open'] };

/**
 * Opens the end-user's own browser: theirs are the sessions and the address bar, and this program sees no password. `BROWSER`
 * names another command. Source: RFC 8252 §6.
 *
 * @param {string} url
 */
export function openBrowser(url) {
  const { BROWSER: named } = process.env;
  const [command, ...args] = named ? [named] : (openers[process.platform] ?? ['xdg-open']);
  // Where there is none, the URL that was printed has to do.
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
