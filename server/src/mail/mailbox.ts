/** A name and an address, apart, so that no mail library parses their text again. */
export interface Mailbox {
  /** Empty if there is none. */
  readonly name: string;
  readonly address: string;
}

/** No address that needs quotes, and no list, group or comment of RFC 5322. */
const address = '[^\\s@<>(),;:"\\\\]+@[^\\s@<>(),;:"\\\\]+';
const form = new RegExp(`^(?:(?<name>[^<>\\r\\n]*)<(?<named>${address})>|(?<bare>${address}))$`);
const inQuotes = /^"((?:[^"\\]|\\.)*)"$/;

/**
 * Parses an address, or `Name <address>`. The name is any text, because operators write it without
 * the quotes that RFC 5322 requires, for example around a colon. Quotes around the whole name do
 * not belong to it. Null if the text is not exactly one mailbox.
 */
export function parseMailbox(text: string): Mailbox | null {
  const { name = '', named, bare } = form.exec(text.trim())?.groups ?? {};
  const found = named ?? bare;
  if (found === undefined) return null;
  const written = name.trim();
  return { name: inQuotes.exec(written)?.[1]?.replace(/\\(.)/g, '$1') ?? written, address: found };
}
