import { OrgError } from '@rollcall/protocol';
import { awaitStep } from './await-step.ts';

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** The level of the values that the outermost value contains. */
const valueLevel = 1;
/** The level of an array that the outermost value contains. */
const arrayLevel = 2;

/** The bytes inside the quotes of a text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A long array in the outermost value, as positions of bytes. */
export interface LongArray {
  /** Behind its first bracket. */
  readonly start: number;
  /** Commas between its elements. Few parts are between two of them. */
  readonly commas: readonly number[];
  /** Its last bracket. */
  readonly end: number;
}

/** The values of the outermost value that may have to be parsed in steps. */
export interface ScannedJson {
  /** The first array with too many parts for one step. */
  readonly array: LongArray | null;
  /** The longest text that is the value of a name. */
  readonly text: TextRange | null;
}

/** The largest piece that is scanned or parsed without a pause. */
export interface JsonSteps {
  /** Ends the work between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Commas, colons and brackets. */
  readonly partsPerStepMax: number;
  readonly bytesPerStep: number;
}

export interface JsonLimits extends JsonSteps {
  readonly levelsMax: number;
  /** Commas, colons and brackets of the whole text. */
  readonly partsMax: number;
}

/**
 * Refuses JSON with more levels, or too many parts, in a pass over its bytes before it is parsed.
 * Code that walks a value may recurse, and the stack overflows after some thousands of levels. A
 * part takes the parser up to half a microsecond, however short it is. Bytes that are not JSON are
 * left to the parser.
 * @throws OrgError `invalid`
 */
export async function scanJson(
  bytes: Buffer,
  { levelsMax, partsMax, partsPerStepMax, bytesPerStep, signal }: JsonLimits,
): Promise<ScannedJson> {
  const { length } = bytes;
  let pauseAt = bytesPerStep;
  let level = 0;
  let parts = 0;
  let partsOfStep = 0;
  let previous: number | undefined;
  let text: TextRange | null = null;
  let array: LongArray | null = null;
  /** Null outside of an array at its level. */
  let start: number | null = null;
  let commas: number[] = [];
  for (let at = 0; at < length; at++) {
    if (at >= pauseAt) {
      await awaitStep(signal);
      pauseAt = at + bytesPerStep;
    }
    const byte = bytes[at];
    switch (byte) {
      case quote: {
        let end = endOfPlainString(bytes, at);
        if (end === null) {
          end = skipContent(bytes, at + 1, pauseAt);
          while (end < length && bytes[end] !== quote) {
            await awaitStep(signal);
            pauseAt = end + bytesPerStep;
            end = skipContent(bytes, end, pauseAt);
          }
          end = Math.min(end, length);
        }
        if (level === valueLevel && previous === colon && end - at - 1 > lengthOf(text)) text = { start: at + 1, end };
        at = end;
        continue;
      }
      case 0x5b: // [
      case 0x7b: // {
        if (++level > levelsMax) throw new OrgError('invalid', `JSON parse error - more than ${levelsMax} levels`);
        if (level === arrayLevel && byte === 0x5b && array === null) start = at + 1;
        break;
      case 0x2c: // ,
        if (level === arrayLevel && start !== null && partsOfStep > partsPerStepMax / 2) {
          commas.push(at);
          partsOfStep = 0;
        }
        break;
      case colon:
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (level-- === arrayLevel && start !== null) {
          if (commas.length > 0) array = { start, commas, end: at };
          commas = [];
          start = null;
        }
        continue;
      default:
        continue;
    }
    previous = byte;
    if (++parts > partsMax || ++partsOfStep > partsPerStepMax) throw new OrgError('invalid', 'JSON parse error - too many values');
  }
  return { array, text };
}

export function lengthOf(text: TextRange | null): number {
  return text ? text.end - text.start : 0;
}

/**
 * The end of the string that begins at `start`, or the end of the bytes for an unterminated string.
 * Null if the string has an escaped quote, or ends with a backslash.
 */
function endOfPlainString(bytes: Buffer, start: number): number | null {
  const first = bytes.indexOf(quote, start + 1);
  if (first < 0) return bytes.length;
  return bytes[first - 1] === backslash ? null : first;
}

/**
 * Skips characters and escapes of a string, up to its end or up to `until`. Neither is inside of an
 * escape.
 */
function skipContent(bytes: Buffer, from: number, until: number): number {
  const end = Math.min(until, bytes.length);
  let at = from;
  while (at < end) {
    const byte = bytes[at];
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return at;
}

/**
 * The end of a piece that begins at `start`. Neither an escape nor a character is cut.
 * @param length the bytes of the piece, at least
 */
export function endOfPiece(bytes: Buffer, { start, end }: TextRange, length: number): number {
  let at = start;
  while (at < end && at < start + length) at += lengthOfUnit(bytes, at);
  // A character has at most three of these. More are not UTF-8.
  for (let count = 0; count < 3 && isContinuation(bytes[at]); count++) at++;
  return Math.min(at, end);
}

/** The bytes of an escape, such as `\n` or `\u0041`, or 1. */
function lengthOfUnit(bytes: Buffer, at: number): number {
  if (bytes[at] !== backslash) return 1;
  return bytes[at + 1] === 0x75 ? 6 : 2;
}

/** Whether the byte continues a character in UTF-8. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
