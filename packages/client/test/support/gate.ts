import { once } from 'node:events';

/** Holds an answer back until the test opens it; `isAsked` once somebody waits for it. */
export function newGate() {
  const events = new EventTarget();
  const [isAsked, isOpen] = [once(events, 'asked'), once(events, 'open')];
  return {
    isAsked,
    open: () => void events.dispatchEvent(new Event('open')),
    async wait() {
      events.dispatchEvent(new Event('asked'));
      await isOpen;
    },
  };
}
