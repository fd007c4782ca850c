import { chmodSync, lstatSync, realpathSync, statSync } from 'node:fs';

const permissions = 0o777;
/** Of a directory that others use too, such as /tmp. */
const sticky = 0o1000;

/** Directories and files that are to be read and written by their owner alone, outermost first. */
export interface PrivateFiles {
  /** May be reached by a symbolic link; what lies in it may not. */
  readonly root: string;
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** Makes the directories 0700 and the files 0600, as far as they are there. Returns the paths that it could not. */
export function keepPrivate({ root, directories, files }: PrivateFiles): string[] {
  const home = realpathOf(root);
  return [
    ...(home === undefined || isPrivate(home, 0o700) ? [] : [root]),
    ...directories.filter((path) => !isPrivate(path, 0o700)),
    ...files.filter((path) => !isPrivate(path, 0o600)),
  ];
}

function realpathOf(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false }) && realpathSync(path);
}

function isPrivate(path: string, mode: number): boolean {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined) return true;
  // What a link leads to, or what others use too, is not ours to change.
  if (before.isSymbolicLink() || (before.mode & sticky) !== 0) return false;
  if ((before.mode & permissions) === mode) return true;
  try {
    chmodSync(path, mode);
  } catch {
    return false;
  }
  // A file system without permissions says yes and changes nothing.
  return (statSync(path).mode & permissions) === mode;
}
