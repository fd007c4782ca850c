/** CTAP2 allows four levels of nesting; extensions of authenticators may use some more. Source: CTAP 2.2 §8. */
const deepestCbor = 8;

/**
 * The offset after the CBOR item at `at`. Throws for an item that ends after the bytes, nests too deep or has an indefinite
 * length: the library would read past a length that is not there, and recurse without a bound. Source: RFC 8949 §3.
 */
export function cborEnd(bytes: Buffer, at: number, levels = deepestCbor): number {
  if (levels === 0) throw new RangeError('nested too deep');
  const initial = bytes.readUInt8(at);
  const [majorType, information] = [initial >> 5, initial & 0x1f];
  const width = information < 24 ? 0 : 2 ** (information - 24);
  if (width > 8) throw new RangeError('reserved or indefinite');
  const argument = width === 0 ? information : unsigned(bytes, at + 1, width);
  let end = at + 1 + width;
  if (majorType === 2 || majorType === 3) end += argument;
  for (let items = itemsIn(majorType, argument); items > 0; items--) end = cborEnd(bytes, end, levels - 1);
  if (end > bytes.length) throw new RangeError('too short');
  return end;
}

/** Of an array, a map or a tag. */
function itemsIn(majorType: number, argument: number): number {
  if (majorType === 4) return argument;
  if (majorType === 5) return 2 * argument;
  return majorType === 6 ? 1 : 0;
}

function unsigned(bytes: Buffer, at: number, width: number): number {
  return width === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, width);
}
