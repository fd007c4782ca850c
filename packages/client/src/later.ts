/**
 * Calls back once, after `ms` milliseconds or the longest time that timers have, 2^31-1; returns the function that cancels it.
 * Keeps no Node.js process alive.
 */
export function later(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, Math.min(ms, 0x7f_ff_ff_ff));
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer);
}
