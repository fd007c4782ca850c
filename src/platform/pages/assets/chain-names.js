/** What people call the chains that they know, by their EIP-155 id. Source: github.com/ethereum-lists/chains. */
const names = new Map([
  [1, 'Ethereum'],
  [10, 'OP Mainnet'],
  [56, 'BNB Smart Chain'],
  [100, 'Gnosis'],
  [137, 'Polygon'],
  [324, 'ZKsync'],
  [480, 'World Chain'],
  [8_453, 'Base'],
  [42_161, 'Arbitrum One'],
  [42_220, 'Celo'],
  [43_114, 'Avalanche'],
  [59_144, 'Linea'],
  [84_532, 'Base Sepolia'],
  [11_155_111, 'Sepolia'],
]);

/** For a person to read; by its number where it has no name here. */
export function chainName(chainId) {
  return names.get(chainId) ?? `chain ${chainId}`;
}
