import { OrgError } from '@rollcall/protocol';

const quote = 0x22;
const backslash = 0x5c;

/**
 * The commas, colons and opening brackets of the largest body that a client needs: 10,000
 * operations of SCIM have 100,000. Parsing the values of a megabyte would otherwise block the event
 * loop for tens or hundreds of milliseconds.
 */
const partsMax = 110_000;
const tooMany = 'JSON parse error - too many values';

/**
 * Refuses JSON with more levels, or too many values, in one pass over its bytes before it is
 * parsed. Code that walks a value may recurse, and the stack overflows after some thousands of
 * levels. Bytes that are not JSON are left to the parser.
 * @throws OrgError `invalid`
 */
export function assertDepth(bytes: Buffer, levelsMax: number): void {
  let level = 0;
  let parts = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = endOfString(bytes, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++level > levelsMax) throw new OrgError('invalid', `JSON parse error - more than ${levelsMax} levels`);
        if (++parts > partsMax) throw new OrgError('invalid', tooMany);
        break;
      case 0x2c: // ,
      case 0x3a: // :
        if (++parts > partsMax) throw new OrgError('invalid', tooMany);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
        break;
    }
  }
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
