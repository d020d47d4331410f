import { OrgError } from '@rollcall/protocol';

const quote = 0x22;
const backslash = 0x5c;

/** The level of an array that the outermost value contains. */
const arrayLevel = 2;

/** A long array in the outermost value, as positions of bytes. */
export interface LongArray {
  /** Behind its first bracket. */
  readonly start: number;
  /** Commas between its elements. Few parts are between two of them. */
  readonly commas: readonly number[];
  /** Its last bracket. */
  readonly end: number;
}

export interface JsonLimits {
  readonly levelsMax: number;
  /** Commas, colons and brackets of the whole text. */
  readonly partsMax: number;
  /** Those that may be parsed without a pause. */
  readonly partsPerStepMax: number;
}

/**
 * Refuses JSON with more levels, or too many parts, in one pass over its bytes before it is parsed.
 * Code that walks a value may recurse, and the stack overflows after some thousands of levels. A
 * part takes the parser up to half a microsecond, however short it is. Bytes that are not JSON are
 * left to the parser.
 * @returns the first long array, which must be parsed in steps. Null if there is none
 * @throws OrgError `invalid`
 */
export function scanJson(bytes: Buffer, { levelsMax, partsMax, partsPerStepMax }: JsonLimits): LongArray | null {
  let level = 0;
  let parts = 0;
  let partsOfStep = 0;
  let found: LongArray | null = null;
  /** Null outside of an array at its level. */
  let start: number | null = null;
  let commas: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    switch (byte) {
      case quote:
        at = endOfString(bytes, at);
        continue;
      case 0x5b: // [
      case 0x7b: // {
        if (++level > levelsMax) throw new OrgError('invalid', `JSON parse error - more than ${levelsMax} levels`);
        if (level === arrayLevel && byte === 0x5b && found === null) start = at + 1;
        break;
      case 0x2c: // ,
        if (level === arrayLevel && start !== null && partsOfStep > partsPerStepMax / 2) {
          commas.push(at);
          partsOfStep = 0;
        }
        break;
      case 0x3a: // :
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (level-- === arrayLevel && start !== null) {
          if (commas.length > 0) found = { start, commas, end: at };
          commas = [];
          start = null;
        }
        continue;
      default:
        continue;
    }
    if (++parts > partsMax || ++partsOfStep > partsPerStepMax) throw new OrgError('invalid', 'JSON parse error - too many values');
  }
  return found;
}

/**
 * Returns the end of the string that begins at `start`, or the end of the bytes for an unterminated
 * string.
 */
function endOfString(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start + 1);
  while (end > 0 && isEscaped(bytes, end, start)) end = bytes.indexOf(quote, end + 1);
  return end < 0 ? bytes.length : end;
}

/** Whether the byte follows an odd number of backslashes. */
function isEscaped(bytes: Buffer, at: number, start: number): boolean {
  let first = at;
  while (first - 1 > start && bytes[first - 1] === backslash) first--;
  return (at - first) % 2 === 1;
}
