/** Finds whole email addresses in a text, in time that grows with the length of the text only. */

/** The maximum characters on each side of an `@`. RFC 5321 allows 64 and 255. */
const sideLengthMax = 255;
/** The characters of a local part without quotes (RFC 5322, `atext` and dots). */
const localPunctuation = "!#$%&'*+-./=?^_`{|}~";
const domainPunctuation = '-.';
const wordCharacter = /[\p{L}\p{N}\p{M}\p{Cs}]/u;

/**
 * Replaces each whole address for which `replacementOf` returns a text. It gets the address in
 * lower case. `ann@a.example` is no whole address in `ann@a.example.org`, `joann@a.example` or
 * `ann@a.example@b`.
 */
export function replaceAddresses(text: string, replacementOf: (address: string) => string | undefined): string {
  let replaced = '';
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = startOfLocalPart(text, at, from);
    const end = endOfDomain(text, at);
    if (start === null || end === null) continue;
    const replacement = replacementOf(text.slice(start, end).toLowerCase());
    if (replacement === undefined) continue;
    replaced += text.slice(from, start) + replacement;
    from = end;
  }
  return from === 0 ? text : replaced + text.slice(from);
}

/** Null if the local part is empty or too long, or is preceded by another `@`. */
function startOfLocalPart(text: string, at: number, from: number): number | null {
  let start = at;
  while (start > from && at - start <= sideLengthMax && isPart(text[start - 1]!, localPunctuation)) start--;
  const isWhole = start < at && at - start <= sideLengthMax && text[start - 1] !== '@';
  return isWhole ? start : null;
}

/** Null if the domain is empty or too long, or is followed by another `@`. */
function endOfDomain(text: string, at: number): number | null {
  let end = at + 1;
  while (end < text.length && end - at <= sideLengthMax && isPart(text[end]!, domainPunctuation)) end++;
  if (end - at > sideLengthMax || text[end] === '@') return null;
  // The end of a sentence is not a part of the domain.
  while (domainPunctuation.includes(text[end - 1]!)) end--;
  return end > at + 1 ? end : null;
}

/** Half of a surrogate pair counts as a part, so that no address ends within a character. */
function isPart(character: string, punctuation: string): boolean {
  return punctuation.includes(character) || wordCharacter.test(character);
}
