import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makePrivateDirectory } from '../runtime/make-directory.ts';
import { ConfigError } from './config-error.ts';

/**
 * NIST SP 800-132 requires keys of 128 bits. 32 characters contain that much even if they are
 * hexadecimal digits.
 */
export const secretLengthMin = 32;

/** Reads the secret in the data folder. Empty if the first start has not created it. */
export function findSecret(dataDir: string): string {
  return existsSync(fileIn(dataDir)) ? keepSecret(dataDir) : '';
}

/** Reads the secret in the data folder, or creates it. Only its owner may read the file. */
export function keepSecret(dataDir: string): string {
  const file = fileIn(dataDir);
  let secret: string;
  try {
    makePrivateDirectory(dataDir);
    makeSecret(file);
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`DATA_DIR ${dataDir} cannot be used: ${(error as Error).message}`);
  }
  if (secret.length < secretLengthMin) throw new ConfigError(`The secret in ${file} is too short. Remove the file to create a new secret`);
  return secret;
}

function fileIn(dataDir: string): string {
  return path.join(dataDir, 'secret');
}

/**
 * Creates the file with the secret already in it. A file that is created empty and written later
 * could be read in between. If two instances start for the first time at once, one creates the file
 * and both use it. The temporary name is random, because in containers both may have the same
 * process number.
 */
function makeSecret(file: string): void {
  if (existsSync(file)) return;
  const own = `${file}.new.${randomBytes(6).toString('hex')}`;
  const text = `${randomBytes(32).toString('hex')}\n`;
  writeFileSync(own, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(own, file);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Some network and FAT file systems have no links.
    if (['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    else if (code !== 'EEXIST') throw error;
  } finally {
    rmSync(own, { force: true });
  }
}
