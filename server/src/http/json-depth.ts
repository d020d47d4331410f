import { OrgError } from '@rollcall/protocol';

const quote = 0x22;
const backslash = 0x5c;

/**
 * Refuses JSON of more levels than that, in one pass over its bytes and before it is parsed: whatever walks a value may
 * recurse, and the stack ends at some thousands of levels. The bytes need not be JSON, which the parser finds out.
 * @throws OrgError `invalid`
 */
export function assertDepth(bytes: Buffer, levelsMax: number): void {
  let level = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = endOfString(bytes, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++level > levelsMax) throw new OrgError('invalid', `JSON parse error - more than ${levelsMax} levels`);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
        break;
    }
  }
}

/** Where the string ends that begins at `start`; the end of the bytes when it does not. */
function endOfString(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start + 1);
  while (end > 0 && isEscaped(bytes, end, start)) end = bytes.indexOf(quote, end + 1);
  return end < 0 ? bytes.length : end;
}

/** Behind an odd number of backslashes. */
function isEscaped(bytes: Buffer, at: number, start: number): boolean {
  let first = at;
  while (first - 1 > start && bytes[first - 1] === backslash) first--;
  return (at - first) % 2 === 1;
}
