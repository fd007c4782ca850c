import { engine } from 'ox/wasm/Hash';

let engineInUse: Awaited<ReturnType<typeof engine>> | undefined;

/** Compiles the WebAssembly module, once a process; until then {@link keccak256} throws. */
export async function loadKeccak256(): Promise<void> {
  engineInUse ??= await engine();
}

/** 32 bytes, Ethereum's SHA-3: Keccak before FIPS 202 changed its padding. Source: Yellow Paper, appendix A. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  if (engineInUse === undefined) throw new Error('loadKeccak256 has not been awaited');
  return engineInUse.keccak256(bytes);
}
