import type { Mailbox } from './mailbox.ts';

/** One written mail to one person. */
export interface MailMessage {
  /**
   * `<unique@domain>`. A mail that is sent again has the same id, so mail programs recognize it.
   */
  readonly messageId: string;
  readonly from: Mailbox;
  /** One plain address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The link that the recipient is asked to follow. It may contain a token. */
  readonly link: string | null;
}

/**
 * Delivers mail. `send` resolves when a mail server or the disk has accepted it. If it rejects, the
 * mail may have been accepted nevertheless, because the response can be lost. Calls may overlap.
 */
export interface Mail {
  /**
   * @throws MailRefusedError if the mail will never be accepted as it is. A retry may succeed after
   * any other error.
   */
  send(message: MailMessage): Promise<void>;
}

/**
 * The mail server refuses this mail permanently: an unknown recipient, a forbidden sender, too
 * large.
 */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError';
}
