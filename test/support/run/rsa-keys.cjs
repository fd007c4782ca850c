/** The RSA key pairs that this worker has generated, in order, by what was asked for. */
const generated = new Map();

/**
 * Gives each suite the worker's RSA key pairs anew, no pair twice within a suite: to find one takes as much CPU as all
 * else that a service does at its start. Returns what undoes it.
 */
exports.reuseRsaKeys = () => {
  const { subtle } = globalThis.crypto;
  const { generateKey } = subtle;
  const taken = new Map();
  subtle.generateKey = (algorithm, extractable, usages) => {
    if (algorithm.modulusLength === undefined) return generateKey.call(subtle, algorithm, extractable, usages);
    const asked = JSON.stringify([algorithm, extractable, usages]);
    const pairs = generated.get(asked) ?? [];
    generated.set(asked, pairs);
    const at = taken.get(asked) ?? 0;
    taken.set(asked, at + 1);
    return (pairs[at] ??= generateKey.call(subtle, algorithm, extractable, usages));
  };
  return () => void delete subtle.generateKey;
};
