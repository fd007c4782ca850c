/** `@tessera/client/popup`: a login in a window of its own, while the page stays. */
import type { Browser } from './client-options.ts';
import { leaveCallback, pageBrowser } from './page.ts';

/** Size of the window, in CSS pixels. */
export interface PopupOptions {
  /** 480 by default. */
  readonly width?: number | undefined;
  /** 720 by default. */
  readonly height?: number | undefined;
}

/** For the option `browser` of `createClient`. */
export type PopupBrowser = Browser & {
  /**
   * Opens the window before its URL is known. To be called first in the handler of a click, for browsers that open none after a
   * request, such as Safari. Without a login within 20 seconds it closes again.
   */
  readonly open: () => void;
};

/** A window that the login is in. Its name is random, so nobody else can answer for it. */
interface Popup {
  readonly id: string;
  readonly window: Window;
}

/** From the popup its callback URL; to it, without one, that somebody took it. */
interface Message {
  readonly popup?: string;
  readonly url?: string;
}

const prefix = 'tessera.popup.';
/** Milliseconds between looks at whether the end-user has closed the window, which no event tells. */
const lookMs = 300;
const unusedMs = 20_000;
/** Milliseconds in which a page takes its callback, if it is still there. */
const takenMs = 2_000;

/**
 * Logs in in a popup. The login resolves to undefined when the end-user closes the window. Where popups are blocked the page
 * itself goes to the login, as without this option, and for a logout always. The callback page, on the origin of this page,
 * calls {@link answerPopup}.
 */
export function popupBrowser({ width = 480, height = 720 }: PopupOptions = {}): PopupBrowser {
  let ready: Popup | undefined;
  const opened = (url: string): Popup | undefined => {
    const id = prefix + crypto.randomUUID();
    const popup = window.open(url, id, `popup,width=${width},height=${height}`);
    return popup ? { id, window: popup } : undefined;
  };
  const browser: Browser = (url, options) => {
    if (options.form) return pageBrowser(url, options);
    const prepared = ready;
    ready = undefined;
    const popup = prepared?.window.closed === false ? prepared : opened(url);
    if (!popup) return pageBrowser(url, options);
    if (popup === prepared) popup.window.location.replace(url);
    return callbackOf(popup);
  };
  return Object.assign(browser, {
    open() {
      ready?.window.close();
      const popup = opened('about:blank');
      ready = popup;
      setTimeout(() => {
        if (popup && ready === popup) popup.window.close();
      }, unusedMs);
    },
  });
}

/** Undefined when the window is closed without one. */
function callbackOf({ id, window: popup }: Popup): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { send, stop } = connect(popup, ({ popup: from, url }) => {
      if (from !== id || url === undefined) return;
      send({ popup: id });
      settle(url);
    });
    let wasClosed = false;
    const looking = setInterval(() => {
      // Once more after it: a message may be under way.
      if (wasClosed) settle();
      wasClosed = popup.closed;
    }, lookMs);
    const settle = (url?: string) => {
      clearInterval(looking);
      stop();
      resolve(url);
    };
  });
}

/**
 * On the callback page, before anything else: hands its URL to the page that opened it as a popup, and closes the window.
 * Resolves to true then. To false when this is not a popup's callback, or its page is gone: go on as without popups.
 */
export function answerPopup(): Promise<boolean> {
  const { name: id, opener } = window;
  const { href: url, search } = location;
  if (!id.startsWith(prefix) || !new URLSearchParams(search).has('state')) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (isTaken: boolean) => {
      clearTimeout(timer);
      stop();
      if (isTaken) {
        leaveCallback();
        window.close();
      }
      resolve(isTaken);
    };
    const { send, stop } = connect(opener as Window | null, (message) => {
      if (message.popup === id && message.url === undefined) settle(true);
    });
    const timer = setTimeout(() => settle(false), takenMs);
    send({ popup: id, url });
  });
}

/**
 * By BroadcastChannel, and directly where that is missing, blocked, or partitioned (the page is in a frame of another site).
 * Both ways reach and hear only this origin.
 */
function connect(other: Window | null, receive: (message: Message) => void) {
  const { origin } = location;
  const listener = (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || typeof event.data !== 'object' || event.data === null) return;
    const { popup, url } = event.data as Record<string, unknown>;
    if (typeof popup === 'string' && (url === undefined || typeof url === 'string')) {
      receive({ popup, ...(url !== undefined && { url }) });
    }
  };
  const channel = channelOrNone();
  channel?.addEventListener('message', listener);
  addEventListener('message', listener);
  return {
    send(message: Message) {
      channel?.postMessage(message);
      other?.postMessage(message, origin);
    },
    stop() {
      removeEventListener('message', listener);
      channel?.close();
    },
  };
}

function channelOrNone(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel('tessera.popup');
  } catch {
    return undefined;
  }
}
