import emailAddresses from 'email-addresses';

/** One entry of what was typed or pasted. */
export interface Recipient {
  /** As it was written. */
  readonly text: string;
  /** The address alone; null where the entry is not one. */
  readonly email: string | null;
  /** Why it is not one. */
  readonly reason: string | null;
}

/** Reads a list of addresses, as RFC 5322 has it or one per line. Each address counts once, and no part of the text is dropped. */
export function parseRecipients(text: string): readonly Recipient[] {
  return withoutRepeats(text.split(/[\r\n]+/).flatMap((line) => parseGroups(line) ?? splitEntries(line).flatMap(parseEntry)));
}

/** The first of each address, and of each entry that is none. */
export function withoutRepeats(recipients: readonly Recipient[]): readonly Recipient[] {
  const byKey = new Map<string, Recipient>();
  for (const recipient of recipients) {
    const key = (recipient.email ?? recipient.text).toLowerCase();
    if (!byKey.has(key)) byKey.set(key, recipient);
  }
  return [...byKey.values()];
}

/** The parser takes seconds for a line of thousands of addresses, so longer lines are split before they are parsed. */
const groupsLengthMax = 2_000;

/** A line with groups in it, `Friends: ada@example.com, grace@example.com;`, whose commas and semicolons are part of them. */
function parseGroups(line: string): readonly Recipient[] | null {
  return line.length <= groupsLengthMax && /:.*;/.test(line) ? parseList(line) : null;
}

/** By the grammar of RFC 5322. Null where the text doesn't follow it. */
function parseList(line: string): readonly Recipient[] | null {
  const parsed = emailAddresses.parseAddressList({ input: line, rfc6532: true });
  return (
    parsed
      ?.flatMap((one) => (one.type === 'group' ? one.addresses : [one]))
      .map(({ address, name }) => {
        return judge(name === null ? address : `${name} <${address}>`, address);
      }) ?? null
  );
}

/** An entry that stands alone, or addresses with only spaces between them. */
function parseEntry(entry: string): readonly Recipient[] {
  const text = entry.trim().replace(/^mailto:/i, '');
  if (text === '') return [];
  if (accepted.test(text)) return [judge(text, text)];
  const whole = parseList(text);
  if (whole) return whole;
  const words = text.split(/\s+/);
  if (words.length > 1 && words.every((word) => /@/.test(word) && !/["(]/.test(word))) return words.flatMap(parseEntry);
  return [{ text, email: null, reason: whyNotAddress(text) }];
}

/** Splits at commas, semicolons and tabs, but not within quotes, comments or angle brackets. */
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

/** What ends the part that begins here; null where nothing does, so that one stray quote doesn't swallow the rest. */
function closingOf(line: string, at: number): string | null {
  const end = pairs[line[at]!];
  return end !== undefined && line.indexOf(end, at + 1) > 0 ? end : null;
}

/** As the server takes them. */
const accepted = /^[\w'+-]+(?:\.[\w'+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;
const lengthMax = 75;

function judge(text: string, email: string): Recipient {
  if (email.length > lengthMax) return { text, email: null, reason: `It is longer than ${lengthMax} characters.` };
  return accepted.test(email) ? { text, email, reason: null } : { text, email: null, reason: whyNotAddress(email) };
}

function whyNotAddress(text: string): string {
  const at = text.lastIndexOf('@');
  if (at < 0) return 'There is no @ in it.';
  if (/\s/.test(text.trim()) && !text.includes('<')) return 'There is a space in it. Write “Name <address>”, or the address alone.';
  const domain = text
    .slice(at + 1)
    .replace(/>.*$/, '')
    .trim();
  if (at === 0) return 'There is nothing before the @.';
  if (domain === '') return 'There is nothing after the @.';
  if (text.slice(0, at).includes('@')) return 'There is more than one @ in it.';
  if (!domain.includes('.')) return `“${domain}” is not a full domain, such as example.com.`;
  const odd = /[^\w'+.<>@\s-]/.exec(text)?.[0];
  return odd === undefined ? 'It is not a valid email address.' : `An email address can’t contain “${odd}” here.`;
}
