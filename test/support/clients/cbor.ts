/** The part of CBOR that authenticators write. */
export type Cbor = number | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

/** Encodes in the given order of the members, each length in its shortest form. Source: RFC 8949 §3. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) {
    const members = [...value].map(([name, member]) => Buffer.concat([cbor(name), cbor(member)]));
    return Buffer.concat([head(5, value.size), ...members]);
  }
  const items = [...(value as readonly Cbor[])];
  return Buffer.concat([head(4, items.length), ...items.map(cbor)]);
}

function head(majorType: number, argument: number): Buffer {
  const width = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4;
  const information = width === 0 ? argument : 24 + Math.log2(width);
  const bytes = Buffer.alloc(1 + width);
  bytes.writeUInt8((majorType << 5) | information);
  if (width > 0) bytes.writeUIntBE(argument, 1, width);
  return bytes;
}
