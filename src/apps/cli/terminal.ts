/** What a command is given and where it says what it did, as a process has it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a password is typed, or comes from a pipe. */
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Written;
  readonly stderr: Written;
  /** Calls back when whoever runs the command interrupts it, or does not read on, as behind `| head`. */
  onInterruption(stop: () => void): void;
}

export type Written = Pick<NodeJS.WritableStream, 'write'>;
