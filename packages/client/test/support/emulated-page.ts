import { platformStorage } from './storages.ts';

/** As a browser denies what it blocks. */
export const denied = (): never => {
  throw new DOMException('Access is denied for this document', 'SecurityError');
};

/** What the package uses of a page in a browser, one page after another in one tab. */
export function emulatedPage() {
  const window = new EventTarget();
  const channels: BroadcastChannel[] = [];
  const values = new Map<string, string>();
  const written = { session: [] as string[], local: [] as string[] };
  const submitted: object[] = [];
  let url = new URL('about:blank');
  const open = (target: string | URL) => {
    url = new URL(target);
  };
  const createElement = () => {
    const element = { append: () => undefined, submit: () => void submitted.push(element) };
    return element;
  };
  class Channel extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      channels.push(this);
    }
  }
  const globals: Record<string, unknown> = {
    document: { body: { append: () => undefined }, createElement },
    location: {
      get href() {
        return url.href;
      },
      get search() {
        return url.search;
      },
      get origin() {
        return url.origin;
      },
      assign: open,
    },
    history: { state: null, replaceState: (_state: unknown, _title: string, target: URL) => open(target) },
    sessionStorage: platformStorage(values, written.session),
    localStorage: platformStorage(new Map(), written.local),
    BroadcastChannel: Channel,
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
    dispatchEvent: window.dispatchEvent.bind(window),
  };
  return {
    window,
    open,
    url: () => url,
    /** What its sessionStorage holds. */
    values,
    /** Whatever was ever written to its storages. */
    written,
    /** The forms that were submitted. */
    submitted,
    /** Runs a script in the page, in a browser that blocks these names, and closes the page. */
    async run<Result>(script: () => Promise<Result>, blocked: readonly string[] = []): Promise<Result> {
      const names = Object.keys(globals);
      const former = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
      for (const name of names) {
        const found = blocked.includes(name) ? { get: denied } : { value: globals[name], writable: true };
        Object.defineProperty(globalThis, name, { ...found, configurable: true });
      }
      try {
        return await script();
      } finally {
        for (const [at, name] of names.entries()) {
          const property = former[at];
          if (property === undefined) Reflect.deleteProperty(globalThis, name);
          else Object.defineProperty(globalThis, name, property);
        }
        for (const channel of channels.splice(0)) channel.close();
      }
    },
  };
}
