import emailAddresses from 'email-addresses';

/** An entry of a list of addresses. */
export interface Recipient {
  /** The entry as it was typed. */
  readonly text: string;
  /** The address without a name; null if the entry is invalid. */
  readonly email: string | null;
  /** Why the entry is invalid. */
  readonly reason: string | null;
}

/**
 * Parses a list of addresses, by RFC 5322 or one per line. Repeated addresses are dropped, and
 * nothing else is: text that is not an address becomes an invalid entry.
 */
export function parseRecipients(text: string): readonly Recipient[] {
  return withoutRepeats(text.split(/[\r\n]+/).flatMap((line) => parseGroups(line) ?? splitEntries(line).flatMap(parseEntry)));
}

/** Drops repeated addresses and repeated invalid entries. */
export function withoutRepeats(recipients: readonly Recipient[]): readonly Recipient[] {
  const byKey = new Map<string, Recipient>();
  for (const recipient of recipients) {
    const key = (recipient.email ?? recipient.text).toLowerCase();
    if (!byKey.has(key)) byKey.set(key, recipient);
  }
  return [...byKey.values()];
}

/**
 * The parser takes seconds for thousands of addresses in a line, so longer lines are split first.
 */
const groupsLengthMax = 2_000;

/**
 * Parses a line with groups, such as `Friends: ada@example.com, grace@example.com;`, whose commas
 * and semicolons must not split it. Null for other lines.
 */
function parseGroups(line: string): readonly Recipient[] | null {
  return line.length <= groupsLengthMax && /:.*;/.test(line) ? parseList(line) : null;
}

/** Parses a line by the grammar of RFC 5322. Null if it doesn't match. */
function parseList(line: string): readonly Recipient[] | null {
  const parsed = emailAddresses.parseAddressList({ input: line, rfc6532: true });
  return (
    parsed
      ?.flatMap((one) => (one.type === 'group' ? one.addresses : [one]))
      .map(({ address, name }) => {
        return toRecipient(name === null ? address : `${name} <${address}>`, address);
      }) ?? null
  );
}

/** Parses a single entry, or addresses that are separated by spaces only. */
function parseEntry(entry: string): readonly Recipient[] {
  const text = entry.trim().replace(/^mailto:/i, '');
  if (text === '') return [];
  if (accepted.test(text)) return [toRecipient(text, text)];
  const whole = parseList(text);
  if (whole) return whole;
  const words = text.split(/\s+/);
  if (words.length > 1 && words.every((word) => /@/.test(word) && !/["(]/.test(word))) return words.flatMap(parseEntry);
  return [{ text, email: null, reason: whyNotAddress(text) }];
}

/** Splits at commas, semicolons and tabs outside of quotes, comments and angle brackets. */
function splitEntries(line: string): readonly string[] {
  const entries: string[] = [];
  let entry = '';
  let closing: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (closing === null && /[,;\t]/.test(character)) {
      entries.push(entry);
      entry = '';
      continue;
    }
    entry += character;
    if (character === '\\' && closing !== null) entry += line[++at] ?? '';
    else if (character === closing) closing = null;
    else if (closing === null) closing = closingOf(line, at);
  }
  return [...entries, entry];
}

const pairs: Readonly<Record<string, string>> = { '"': '"', '<': '>', '(': ')' };

/**
 * The character that closes a part opened at `at`. Null if it is never closed, so that a stray
 * quote is plain text.
 */
function closingOf(line: string, at: number): string | null {
  const end = pairs[line[at]!];
  return end !== undefined && line.indexOf(end, at + 1) > 0 ? end : null;
}

/** The addresses that the server accepts. */
const accepted = /^[\w'+-]+(?:\.[\w'+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;
const lengthMax = 75;

function toRecipient(text: string, email: string): Recipient {
  if (email.length > lengthMax) return { text, email: null, reason: `Too long. An address can have at most ${lengthMax} characters.` };
  return accepted.test(email) ? { text, email, reason: null } : { text, email: null, reason: whyNotAddress(email) };
}

function whyNotAddress(text: string): string {
  const at = text.lastIndexOf('@');
  if (at < 0) return 'The @ is missing.';
  if (/\s/.test(text.trim()) && !text.includes('<')) return 'Contains a space. Use “Name <address>”, or the address alone.';
  const domain = text
    .slice(at + 1)
    .replace(/>.*$/, '')
    .trim();
  if (at === 0) return 'The part before the @ is missing.';
  if (domain === '') return 'The part after the @ is missing.';
  if (text.slice(0, at).includes('@')) return 'Contains more than one @.';
  if (!domain.includes('.')) return `“${domain}” isn’t a full domain, such as example.com.`;
  const odd = /[^\w'+.<>@\s-]/.exec(text)?.[0];
  return odd === undefined ? 'Not a valid email address.' : `An email address can’t contain “${odd}” here.`;
}
