/** Preloaded into a service whose clock is to be wrong: its time is CLOCK_SHIFT_MS ahead of the machine's. */
const shift = Number(process.env.CLOCK_SHIFT_MS);
const TrueDate = Date;

globalThis.Date = class Date extends TrueDate {
  constructor(...args) {
    if (args.length === 0) super(TrueDate.now() + shift);
    else super(...args);
  }
  static now() {
    return TrueDate.now() + shift;
  }
};
