import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
 * `wx` fails if the file exists. If two instances start for the first time at once, one creates the
 * file and both use it.
 */
function makeSecret(file: string): void {
  try {
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
