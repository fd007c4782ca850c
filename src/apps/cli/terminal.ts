/** A process's arguments and streams. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A terminal or a pipe with a password. */
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Written;
  readonly stderr: Written;
  /** Calls back when the user interrupts the command or stops reading, as `| head` does. */
  onInterruption(stop: () => void): void;
}

export type Written = Pick<NodeJS.WritableStream, 'write'>;
