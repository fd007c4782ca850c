/**
 * Loaded before the service (`node --require`), to make a machine of it as nobody wants one: its clock is off by TEST_CLOCK_OFF_MS,
 * and its event loop stands still for TEST_LOOP_HELD_MS, again and again.
 */
const off = Number(process.env.TEST_CLOCK_OFF_MS ?? 0);
const held = Number(process.env.TEST_LOOP_HELD_MS ?? 0);

const { now } = Date;
Date.now = () => now() + off;

const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
if (held > 0) setInterval(() => Atomics.wait(nobodyWakes, 0, 0, held), 20).unref();
