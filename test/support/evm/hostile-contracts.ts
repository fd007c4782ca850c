import { concat, type Hex, padHex, size } from 'viem';
import { assemble, type Instruction } from './evm-assembler';

/** What a contract answers that takes a signature for its own. Source: ERC-1271. */
export const magicValue = '0x1626ba7e';
/** The same as one word of the ABI: bytes stand on the left. */
export const magicWord = padHex(magicValue, { dir: 'right', size: 32 });
export const mebibyte = 1_048_576;

/** Answers every call with these bytes. */
export function answering(data: Hex): Hex {
  return withData(data, 'RETURN');
}

/** Reverts every call with these bytes. */
export function reverting(data: Hex = '0x'): Hex {
  return withData(data, 'REVERT');
}

/** Answers every call with this word and then zeros, up to so many bytes. */
export function answeringMuch(word: Hex, bytes: number, how: 'RETURN' | 'REVERT' = 'RETURN'): Hex {
  return assemble([word, 0, 'MSTORE', bytes, 0, how]);
}

/** Uses all the gas there is. */
export const endless = assemble(['JUMPDEST', 0, 'JUMP']);

/** Uses all the gas there is at once. */
export const invalid = assemble(['INVALID']);

const copyAll = ['CALLDATASIZE', 0, 0, 'CALLDATACOPY'] as const;
const sayYes = [magicWord, 0, 'MSTORE', 32, 0, 'RETURN'] as const;

/** Says yes, having written into its storage. */
export const writing = assemble([1, 0, 'SSTORE', ...sayYes]);

/** Is gone when it is called. */
export const selfDestructing = assemble(['CALLER', 'SELFDESTRUCT']);

/** Calls itself with what it was called with, as deep as it goes, and then says yes. */
export const recursive = assemble([...copyAll, ...askingWithAll('ADDRESS'), ...sayYes]);

/** Calls whoever calls it with what it was called with, and then says yes. */
export const callingBack = assemble([...copyAll, ...askingWithAll('CALLER'), ...sayYes]);

const createWhatIsSent = [0, 'CALLDATASIZE', 0, 0, 'CREATE2'] as const;
const answerTop = [0, 'MSTORE', 32, 0, 'RETURN'] as const;
const callBack = [0, 0, 'CALLDATASIZE', 0, 0, 'CALLER', 'GAS', 'CALL', 'POP'] as const;

/** Creates, with salt 0, the contract whose creation code is sent to it. */
export const factory = assemble([...copyAll, ...createWhatIsSent, ...answerTop]);

/** As {@link factory}, but it calls whoever calls it with what was sent, before and after. */
export const factoryThatCallsBack = assemble([...copyAll, ...callBack, ...createWhatIsSent, ...callBack, ...answerTop]);

/** Answers with what it was called with, which begins with the magic value: that is the function's selector too. */
export const echoing = assemble([...copyAll, 'CALLDATASIZE', 0, 'RETURN']);

/** Takes any call, and does nothing. */
export const idle = assemble([0, 0, 'RETURN']);

function askingWithAll(whom: 'ADDRESS' | 'CALLER'): readonly Instruction[] {
  return [0, 0, 'CALLDATASIZE', 0, whom, 'GAS', 'STATICCALL', 'POP'];
}

function withData(data: Hex, how: 'RETURN' | 'REVERT'): Hex {
  const header = (offset: number) => assemble([size(data), offset, 0, 'CODECOPY', size(data), 0, how]);
  return concat([header(size(header(0))), data]);
}
