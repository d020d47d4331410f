import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * The mails that a server without SMTP_URL has sent, from the files in its data folder, in no
 * particular order.
 */
export function readMails({ config }: TestServer, to: string): ReceivedMail[] {
  let files: string[] = [];
  try {
    files = readdirSync(config.mailDir).filter((file) => file.endsWith('.eml'));
  } catch {
    // No mail was sent yet.
  }
  return files.map((file) => parseMail(readFileSync(path.join(config.mailDir, file), 'utf8'))).filter((mail) => mail.to === to);
}

/** Waits until this number of mails with this subject has arrived. Null matches any subject. */
export async function mailsTo(server: TestServer, to: string, subject: string | null = null, count = 1): Promise<ReceivedMail[]> {
  let found: ReceivedMail[] = [];
  await eventually(() => {
    found = readMails(server, to).filter((mail) => subject === null || mail.subject === subject);
    if (found.length < count) throw new Error(`${found.length} of ${count} mails "${subject}" to ${to}`);
  });
  return found;
}

/** The `<id>.<token>` after the `#` of a mail's link, in the form of the API. */
export function linkOf({ text }: ReceivedMail): { id: string; token: string } {
  const match = /#([0-9]+)\.([0-9a-f]{64})/.exec(text);
  if (!match) throw new Error(`no link in: ${text}`);
  return { id: match[1]!, token: match[2]! };
}

function parseMail(raw: string): ReceivedMail {
  const header = (name: string) => new RegExp(`^${name}: (.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(raw)?.[1]?.replace(/\r?\n[ \t]/g, ' ') ?? '';
  const plain = raw.split(/content-type: text\/plain/i)[1] ?? raw;
  // Decodes quoted-printable, as far as links need it.
  const text = plain
    .split(/\r?\n--/)[0]!
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { to: header('to'), subject: header('subject'), text };
}
