import { chmodSync, lstatSync, realpathSync, statSync } from 'node:fs';

const permissions = 0o777;
/** Set on a directory that others use, too, such as /tmp. */
const sticky = 0o1000;

/** Directories and files for their owner only, outermost first. */
export interface PrivateFiles {
  /** May be a symbolic link; its contents may not. */
  readonly root: string;
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** Makes existing directories 0700 and files 0600. Returns the paths that it could not change. */
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
  // The target of a link, or a shared directory, is not ours to change.
  if (before.isSymbolicLink() || (before.mode & sticky) !== 0) return false;
  if ((before.mode & permissions) === mode) return true;
  try {
    chmodSync(path, mode);
  } catch {
    return false;
  }
  // A file system without permissions reports success and changes nothing.
  return (statSync(path).mode & permissions) === mode;
}
