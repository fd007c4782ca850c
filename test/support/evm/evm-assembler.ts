import { concat, type Hex, numberToHex, size } from 'viem';

/** Source: Yellow Paper, appendix H.2. */
const opcodes = {
  SUB: '0x03',
  ADDRESS: '0x30',
  CALLER: '0x33',
  CALLDATASIZE: '0x36',
  CALLDATACOPY: '0x37',
  CODESIZE: '0x38',
  CODECOPY: '0x39',
  POP: '0x50',
  MSTORE: '0x52',
  SSTORE: '0x55',
  JUMP: '0x56',
  GAS: '0x5a',
  JUMPDEST: '0x5b',
  DUP1: '0x80',
  CREATE2: '0xf5',
  CALL: '0xf1',
  RETURN: '0xf3',
  STATICCALL: '0xfa',
  REVERT: '0xfd',
  INVALID: '0xfe',
  SELFDESTRUCT: '0xff',
} as const satisfies Record<string, Hex>;

/** A number or bytes to push, or the name of an instruction. */
export type Instruction = keyof typeof opcodes | number | Hex;

/** The code of these instructions. A number is pushed as three bytes, so that the code's length depends on none. */
export function assemble(instructions: readonly Instruction[]): Hex {
  return concat(instructions.map(codeOf));
}

function codeOf(instruction: Instruction): Hex {
  if (typeof instruction === 'number') return push(numberToHex(instruction, { size: 3 }));
  return isHex(instruction) ? push(instruction) : opcodes[instruction];
}

function isHex(instruction: string): instruction is Hex {
  return instruction.startsWith('0x');
}

/** PUSH1 to PUSH32. */
function push(bytes: Hex): Hex {
  return concat([numberToHex(0x5f + size(bytes)), bytes]);
}
