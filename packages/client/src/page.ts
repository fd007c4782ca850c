import type { Browser } from './client-options.ts';

/** Navigates the browser of this page. */
export const pageBrowser: Browser = (url, { form }) => {
  if (form === undefined) return location.assign(url);
  const element = Object.assign(document.createElement('form'), { method: 'post', action: url.replace(/\?.*/, '') });
  for (const [name, value] of Object.entries(form)) {
    element.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(element);
  element.submit();
};

/** The page's URL, from which the callback's parameters are removed: a reload or a shared link repeats nothing. */
export function leaveCallback(): string {
  const { href } = location;
  const url = new URL(href);
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) url.searchParams.delete(name);
  history.replaceState(history.state, '', url);
  return href;
}
