import { domainToASCII, domainToUnicode } from 'node:url';

/** RFC 1035 section 2.3.4, less the label that is put before the name for its challenge. */
const lengthMax = 253 - '_rollcall-challenge.'.length;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Whether a text in ASCII and lower case is a label of a domain. The Unicode form of a label that
 * begins with `xn--` must have a character that is not ASCII, and must lead to the same label
 * again. `domainToASCII` checks that for the whole name on Node 22, but not on Node 24 and 26.
 */
export function isDomainLabel(text: string): boolean {
  if (!label.test(text)) return false;
  if (!text.startsWith('xn--')) return true;
  const decoded = domainToUnicode(text);
  return hasOtherThanAscii(decoded) && domainToASCII(decoded) === text;
}

function hasOtherThanAscii(text: string): boolean {
  return [...text].some((character) => character > '\u007f');
}

/**
 * The form in which a domain is stored and compared: IDNA, ASCII, lower case, without a final dot.
 * A name that looks like another one keeps its own form. Null for a text that is not a name with at
 * least two labels.
 */
export function parseDomainName(text: string): string | null {
  // Texts with these characters are refused first, because the parser, which is that of URLs, would
  // remove or decode a part of them.
  if (/[\s/\\?#@:%[\]]/.test(text)) return null;
  const name = domainToASCII(text).replace(/\.$/, '');
  const labels = name.split('.');
  const isName = labels.length >= 2 && name.length <= lengthMax && labels.every(isDomainLabel);
  // A name whose last label has only digits is an IPv4 address.
  return isName && /[a-z]/.test(labels.at(-1)!) ? name : null;
}

/** The longest email address that RFC 5321 allows (section 4.5.3.1). */
export const addressLengthMax = 254;
/** Addresses with quotes are refused: programs disagree about the place at which they end. */
const address = /^[^\s@"(),:;<>[\\\]]+@([^\s@]+)$/;

/** The domain of an email address in the same form. Null if the text is not an address. */
export function domainOfAddress(email: string): string | null {
  const [, domain] = (email.length <= addressLengthMax && address.exec(email)) || [];
  return domain === undefined ? null : parseDomainName(domain);
}
