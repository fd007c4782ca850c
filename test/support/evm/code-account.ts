import { randomBytes } from 'node:crypto';
import { type Address, concat, getAddress, type Hex, hashMessage, keccak256, toHex } from 'viem';
import { type CodeAccount, isWrapped, type RpcNode, type Verdict } from './rpc-node';

/** What an account that its code speaks for is to a test. */
export interface TestCodeAccount {
  readonly address: Address;
  /** The only signature of the message that its code takes; 96 bytes by default. */
  sign(message: string, size?: number): Hex;
}

/** An account with code on this node, which says yes to its own signatures; `otherwise`: what it says to any other. */
export function codeAccount(
  { accounts }: RpcNode,
  { otherwise = false, ...given }: Partial<CodeAccount> & { readonly otherwise?: Verdict } = {},
): TestCodeAccount {
  const address = getAddress(toHex(randomBytes(20)));
  const secret = toHex(randomBytes(32));
  const signatureOf = (hash: Hex, size: number) => filled(keccak256(concat([secret, hash])), size);
  const isOwn = (hash: Hex, signature: Hex) => signature === signatureOf(hash, signature.length / 2 - 1);
  const says = (hash: Hex, signature: Hex) =>
    isOwn(hash, isWrapped(signature) ? unwrapped(signature) : signature) ? true : otherwise;
  accounts.set(address, { isDeployed: true, says, ...given });
  return { address, sign: (message, size = 96) => signatureOf(hashMessage(message), size) };
}

/** A signature with what would deploy its account, as far as a test looks at it. */
export function wrapped(signature: Hex): Hex {
  return concat([signature, `0x${'6492'.repeat(16)}`]);
}

function unwrapped(signature: Hex): Hex {
  return signature.slice(0, -64) as Hex;
}

/** The word over and over. */
function filled(word: Hex, size: number): Hex {
  return `0x${word
    .slice(2)
    .repeat(Math.ceil(size / 32))
    .slice(0, size * 2)}`;
}
