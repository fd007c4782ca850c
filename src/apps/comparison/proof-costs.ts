import { Injectable } from '@nestjs/common';
import { verifierMatches } from '../../domain/credentials/pkce';
import { parseSignature } from '../../protocols/wallet/signature';
import { hashMessage, SignerRecovery } from '../../protocols/wallet/signer-recovery';

/** The cost in this process of verifying one proof of each model, by the flows' own rules. */
export interface ProofCosts {
  /** Microseconds, the median of many. */
  readonly pkce: number;
  readonly wallet: number;
  /** Whether each rule accepts its published example and refuses it with one character changed. */
  readonly pkceVectorHolds: boolean;
  readonly walletVectorHolds: boolean;
}

const rounds = 50;

/** Source: RFC 7636 appendix B. */
const pkceExample = {
  verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
};

/** Source: web3.js documentation, `eth.accounts.sign('Some data', …)`. */
const walletExample = {
  message: 'Some data',
  signature:
    '0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c',
  address: '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23',
};

/** Measures the cost of a proof, once a process. */
@Injectable()
export class ProofCostMeter {
  private measured: Promise<ProofCosts> | undefined;

  async costs(): Promise<ProofCosts> {
    this.measured ??= this.measure();
    return this.measured;
  }

  private async measure(): Promise<ProofCosts> {
    const signers = await SignerRecovery.load();
    const recover = (message: string) => {
      const signature = parseSignature(walletExample.signature);
      return signature === undefined ? undefined : signers.recover(hashMessage(message), signature);
    };
    const { verifier, challenge } = pkceExample;
    const { message, address } = walletExample;
    return {
      pkce: medianOf(() => verifierMatches(verifier, challenge)),
      wallet: medianOf(() => recover(message)),
      pkceVectorHolds: verifierMatches(verifier, challenge) && !verifierMatches(`${verifier.slice(0, -1)}j`, challenge),
      walletVectorHolds: recover(message) === address && recover(`${message}!`) !== address,
    };
  }
}

function medianOf(work: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  }).toSorted((a, b) => a - b);
  return Math.round((times[rounds / 2] ?? 0) * 10_000) / 10;
}
