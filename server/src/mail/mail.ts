/** One mail to one person, written out. */
export interface MailMessage {
  /** `<unique@domain>`. The same mail sent again has the same one, by which mail programs know it. */
  readonly messageId: string;
  /** An address, or `Name <address>`. */
  readonly from: string;
  /** One plain address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The one the mail asks to follow. Whoever has it may hold a token. */
  readonly link: string | null;
}

/**
 * Hands mail over. `send` resolves once somebody else is responsible for it: a mail server that said so, or the disk.
 * When it rejects, the mail may still have arrived, since an answer can be lost. Calls may overlap.
 */
export interface Mail {
  /** @throws MailRefusedError when it will never be taken as it is; any other error when trying again may help */
  send(message: MailMessage): Promise<void>;
}

/** The other side has seen this mail and does not want it: an unknown recipient, a forbidden sender, too large. */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError';
}
