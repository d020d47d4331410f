import type { SendMailOptions } from 'nodemailer';
import type { MailMessage } from './mail.ts';

/** The options of every mail, for a mail server and for a folder. */
export function composeOptions({ messageId, from, to, subject, text, html }: MailMessage): SendMailOptions {
  return {
    messageId,
    // Objects, so that no address is parsed as a list, and no name as a group or a comment.
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    // RFC 3834: prevents automatic replies, such as absence notes.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
