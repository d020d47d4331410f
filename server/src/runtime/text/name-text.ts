/**
 * Checks and quotes names that one person chooses and others read, on a page or in a mail. A name
 * must not reorder or break the text around it, and must not become a link there.
 */

/**
 * Control characters, line and paragraph separators, bidi controls, and characters without a width
 * or a meaning.
 */
const hidden =
  /\u034f|\u17b4|\u17b5|[\p{Cc}\u2028\u2029\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
/**
 * Joiners shape Arabic, Indic scripts and emoji. Elsewhere they are invisible, so that two
 * different names look the same.
 */
const idleJoiner = new RegExp(
  [
    '(?<!\\p{L}|\\p{M}|\\p{Extended_Pictographic}|\\p{Emoji_Modifier})(?:\\u200c|\\u200d)',
    '(?:\\u200c|\\u200d)(?!\\p{L}|\\p{M}|\\p{Extended_Pictographic})',
    '(?<=\\p{Script=Latin}|\\p{Script=Greek}|\\p{Script=Cyrillic})(?:\\u200c|\\u200d)',
  ].join('|'),
  'u',
);
const scheme = '://';

/**
 * The characters that the contract trims around any text (REST contract 1). JavaScript's `trim`
 * removes more, which would change a name.
 */
const trimmed = ' \t\r\n';

/**
 * Returns why a text, as it was sent, cannot be a name, in a message for the caller. Null if it
 * can.
 */
export function findNameFault(sent: string): string | null {
  const text = trim(sent);
  const found = hidden.exec(text) ?? idleJoiner.exec(text);
  if (found) {
    const code = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return `Control characters, line breaks and invisible characters are not allowed in a name: U+${code}.`;
  }
  return text.includes(scheme) ? `"${scheme}" is not allowed in a name.` : null;
}

/**
 * Trims without a pattern, because a pattern for the end of a long run of spaces tries each
 * position in the run.
 */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && trimmed.includes(text[start]!)) start++;
  while (end > start && trimmed.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** ASCII's, that of full width, and the small one, which look the same. */
const atSign = /[@\uff20\ufe6b]/;

export function hasAtSign(text: string): boolean {
  return atSign.test(text);
}

/**
 * The name of a person that a provider asserts, without the domains of addresses: `ann@a.example`
 * becomes `ann`. Null if nothing is left. A login can't be refused for its name.
 */
export function withoutDomains(name: string): string | null {
  const words = name.split(/\s+/).map((word) => word.split(atSign, 1)[0]!);
  return words.filter((word) => word !== '').join(' ') || null;
}

/** Long enough to recognize a name, and too short for a message of its own. */
const quotedLengthMax = 100;
/** Invisible, and not part of an address. Programs that make links from addresses stop at it. */
const wordJoiner = '\u2060';

/**
 * Formats a name for mails: on one line, of limited length, and never a link. It also works for
 * names that were stored before names were checked.
 */
export function quoteName(text: string): string {
  const line = text.replace(new RegExp(hidden, 'gu'), ' ').replace(new RegExp(idleJoiner, 'gu'), '').replace(/\s+/g, ' ').trim();
  const characters = [...line];
  const bounded = characters.length > quotedLengthMax ? `${characters.slice(0, quotedLengthMax).join('')}…` : line;
  return bounded.replace(/[.:@\uff0e\u3002\uff61](?=\S)/g, `$&${wordJoiner}`).replaceAll('//', `/${wordJoiner}/`);
}

/**
 * Formats text with quoted names for a mail header, without invisible characters, because filters
 * and people compare subjects. Few programs make links in headers, and they need a scheme. A name
 * with a scheme was stored before names were checked, and gets a visible space.
 */
export function withoutJoiners(text: string): string {
  return text.replaceAll(wordJoiner, '').replaceAll(scheme, ': //');
}
