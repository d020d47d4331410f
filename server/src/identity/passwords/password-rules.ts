import { readFileSync } from 'node:fs';

/** One password per line, in lower case. Lines with the origin and the license begin with `#`. */
const listFile = new URL('../../../common-passwords.txt', import.meta.url);

let common: ReadonlySet<string> | null = null;

/** Read with the first new password, because most processes set none. */
function readCommon(): ReadonlySet<string> {
  common ??= new Set(
    readFileSync(listFile, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#')),
  );
  return common;
}

/** Shorter words, such as initials, are part of many good passwords. */
const wordLengthMin = 4;

/**
 * The reason why a new password is refused. Null if it is good. Guesses begin with the most common
 * passwords, and with what is known about the user and the server.
 * @param known names and addresses of the user, and of the server
 */
export function findPasswordFault(password: string, known: readonly string[]): string | null {
  const text = password.normalize('NFKC').toLowerCase();
  const trimmed = text.trim();
  if (readCommon().has(trimmed) || isRepeated(trimmed) || isSequence(trimmed))
    return 'This password is one of the most common ones. Choose another one.';
  const letters = lettersOf(text);
  const isKnown = known.flatMap(wordsOf).some((word) => isExtended(word, letters));
  return isKnown ? 'This password is a name or an address that others know. Choose another one.' : null;
}

/** The list lacks most of such passwords: `aaaaaaaa`, `12341234`. A longer unit is a word. */
const unitLengthMax = 4;

function isRepeated(text: string): boolean {
  const characters = [...text];
  const repeats = (length: number) => characters.every((character, at) => character === characters[at % length]);
  return characters.length > unitLengthMax && [1, 2, 3, unitLengthMax].some(repeats);
}

/** Whether each character follows the one before, as in `abcdefgh` and `87654321`. */
function isSequence(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0)!);
  return [1, -1].some((step) => codes.every((code, at) => at === 0 || code - codes[at - 1]! === step));
}

/** The whole text, and its parts: of a name, an address or a host. Digits may be left out. */
function wordsOf(text: string): string[] {
  const whole = text.normalize('NFKC').toLowerCase();
  const parts = [/@/, /[.@\s]/, /[^\p{L}\p{N}]/u].flatMap((separator) => whole.split(separator));
  const words = [whole, ...parts].map(lettersOf);
  return [...words, ...words.map(withoutEnds)].filter((word) => [...word].length >= wordLengthMin);
}

/** Whether the letters are the word, or the word with digits that people add: `rollcall2026`. */
function isExtended(word: string, letters: string): boolean {
  const at = letters.indexOf(word);
  return at >= 0 && /^\p{N}*$/u.test(letters.slice(0, at) + letters.slice(at + word.length));
}

/** Ignores what people write between words. */
function lettersOf(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Without digits at its ends. A regular expression for both ends would take quadratic time. */
function withoutEnds(text: string): string {
  const characters = [...text];
  const isLetter = (character: string) => /\p{L}/u.test(character);
  return characters.slice(Math.max(0, characters.findIndex(isLetter)), characters.findLastIndex(isLetter) + 1).join('');
}
