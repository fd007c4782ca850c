/**
 * "Allow" counts once the page has been in sight, visible and focused, for half a second: a click that was meant for the window
 * in front of it, which another site has just closed, must not count here (double click-jacking). No module, and loaded before
 * the form: there is no moment at which the button is there and this is not. Without JavaScript the button works at once.
 */
{
  const sightMs = 500;
  let timer;
  let isSeen = false;
  const allow = 'button[value="allow"]';

  const mark = () => document.querySelector(allow)?.setAttribute('aria-disabled', String(!isSeen));
  const look = () => {
    clearTimeout(timer);
    timer = undefined;
    isSeen = false;
    mark();
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    timer = setTimeout(() => {
      isSeen = true;
      mark();
    }, sightMs);
  };

  for (const change of ['focus', 'blur', 'pageshow']) addEventListener(change, look);
  for (const change of ['visibilitychange', 'DOMContentLoaded']) document.addEventListener(change, look);
  document.addEventListener(
    'click',
    (event) => {
      if (isSeen || event.target.closest(allow) === null) return;
      event.preventDefault();
      // A browser that gives the page its focus by this click, and tells nobody.
      if (timer === undefined) look();
    },
    true,
  );
}
