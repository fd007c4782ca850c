/** What is wrong in a file, and where; lines count from 1. */
export class FileError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}
