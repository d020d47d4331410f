import { closeSync, openSync, readSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/**
 * Secrets in files. The environment of a process is visible to its children, in `/proc` and in the
 * descriptions of containers. A file has permissions.
 */

type Variables = Readonly<Record<string, string | undefined>>;

/** Several times the length of a private key in PEM. Another file, given by mistake, is refused. */
const fileBytesMax = 64 * 1024;

/** The setting with the path of a file whose content is the value of the other setting. */
export const fileSettingOf = (setting: string) => `${setting}_FILE`;

/**
 * The variables, with the values of those settings that are given as files.
 * @throws ConfigError naming the variable
 */
export function withSecretFiles(variables: Variables, settings: readonly string[]): Variables {
  return { ...variables, ...Object.fromEntries(settings.map((setting) => [setting, readSecret(variables, setting)])) };
}

/**
 * The value of a setting: that of the variable, or the content of its file.
 * @throws ConfigError naming the variable
 */
export function readSecret(variables: Variables, setting: string): string | undefined {
  const value = variables[setting];
  const file = variables[fileSettingOf(setting)];
  if (isBlank(file)) return value;
  if (!isBlank(value)) throw new ConfigError(`${setting} and ${fileSettingOf(setting)} must not be set together. Set one of them`);
  return readSecretFile(fileSettingOf(setting), file);
}

const isBlank = (text: string | undefined): text is undefined | '' => text === undefined || text.trim() === '';

/** No message contains the path, which may be the secret itself, given by mistake. */
function readSecretFile(variable: string, file: string): string {
  const bytes = readBytes(variable, file.trim());
  if (bytes.length > fileBytesMax) throw new ConfigError(`${variable} names a file of more than ${fileBytesMax} bytes`);
  const text = decode(variable, bytes).replace(/\r?\n$/, '');
  if (isBlank(text)) throw new ConfigError(`${variable} names an empty file`);
  return text;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the user of the server has no right to read it',
  EISDIR: 'it is a folder',
};

/** Reads no more than is needed to refuse a file, because some, such as `/dev/zero`, never end. */
function readBytes(variable: string, file: string): Buffer {
  const buffer = Buffer.alloc(fileBytesMax + 1);
  let length = 0;
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let count = -1; count !== 0; length += count) count = readSync(descriptor, buffer, length, buffer.length - length, null);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${variable} names a file that cannot be read: ${reasons[code] ?? code}`);
  }
  return buffer.subarray(0, length);
}

/** Random bytes are refused. All those that are not UTF-8 would become the same character. */
function decode(variable: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError(`${variable} names a file that is not UTF-8 text`);
  }
}
