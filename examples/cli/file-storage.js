import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Keeps what a client must remember in a file that its owner alone can read. Throws where others could read it.
 *
 * @param {string} path
 * @returns {import('@tessera/client').ClientStorage}
 */
export function fileStorage(path) {
  /** @returns {Promise<Record<string, string>>} */
  async function read() {
    const file = await stat(path).catch(absent);
    if (file === undefined) return {};
    // Windows has no such bits: there the file is as private as the folder of the user.
    if (process.platform !== 'win32' && (file.mode & 0o077) !== 0) {
      throw new Error(`${path} can be read by others: it must have the mode 0600`);
    }
    return JSON.parse(await readFile(path, 'utf8'));
  }

  /** @param {Record<string, string>} values */
  async function write(values) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Renamed when it is whole: who is interrupted loses no tokens.
    const written = `${path}.${process.pid}`;
    await writeFile(written, JSON.stringify(values), { mode: 0o600 });
    await rename(written, path);
  }

  return {
    get: async (key) => (await read())[key],
    set: async (key, value) => write({ ...(await read()), [key]: value }),
    async remove(key) {
      const { [key]: _removed, ...others } = await read();
      await write(others);
    },
  };
}

/** @param {NodeJS.ErrnoException} error */
function absent(error) {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
