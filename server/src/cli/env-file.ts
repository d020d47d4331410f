import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.ts';

/** `NAME=value`, or `export NAME=value` as in shells. */
const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;
const comment = /\s*(?:#.*)?$/;
const inSingleQuotes = new RegExp(`^'([^']*)'${comment.source}`);
const inDoubleQuotes = new RegExp(`^"((?:[^"\\\\]|\\\\.)*)"${comment.source}`);
/** Characters that no text file contains. They reveal a truncated or corrupt file. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds control characters
const garbage = /[\u0000-\u0008\u000b-\u001f\u007f\ufffd]/;

/**
 * Reads a `.env` file. A missing file is empty. The parser is strict, because a line that is
 * skipped silently becomes a default in production.
 * @throws CliError naming file and line
 */
export function readEnvFile(file: string): Record<string, string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new CliError(`${file} cannot be read: ${message}`);
  }
  return parseEnvFile(file, bytes.toString('utf8'));
}

/** @throws CliError naming file and line */
export function parseEnvFile(file: string, text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (const [index, content] of lines.entries()) {
    const refuse = (problem: string) => new CliError(`${file} line ${index + 1}: ${problem}`);
    const line = content.trim();
    if (garbage.test(line)) throw refuse('the line contains bytes that are not text');
    if (line === '' || line.startsWith('#')) continue;
    const [, name, rest] = assignment.exec(line) ?? [];
    if (name === undefined || rest === undefined) throw refuse('the line does not have the form NAME=value');
    if (rest === '' && index === lines.length - 1) throw refuse(`the file ends in the middle of ${name}`);
    if (Object.hasOwn(values, name)) throw refuse(`${name} is set more than once`);
    const value = readValue(rest);
    if (value === null) throw refuse(`the quotes around the value of ${name} are not closed`);
    values[name] = value;
  }
  return values;
}

/**
 * The value of the text after the `=`. Null if a quote does not end, or if text follows it.
 * Whitespace before a `#` begins a comment, also if there is no value.
 */
function readValue(text: string): string | null {
  const rest = text.replace(/^\s+#.*$/, '').trimStart();
  if (rest.startsWith("'")) return inSingleQuotes.exec(rest)?.[1] ?? null;
  if (!rest.startsWith('"')) return rest.replace(/\s+#.*$/, '');
  const quoted = inDoubleQuotes.exec(rest)?.[1];
  return quoted === undefined ? null : quoted.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
