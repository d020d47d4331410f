import type { SendMailOptions } from 'nodemailer';
import type { MailMessage } from './mail.ts';

/** What every mail of ours is composed from, wherever it goes. */
export function composeOptions({ messageId, from, to, subject, text, html }: MailMessage): SendMailOptions {
  return {
    messageId,
    from,
    // As an object, so that nothing in the address is read as a list or a name.
    to: { name: '', address: to },
    subject,
    text,
    html,
    // RFC 3834: nobody's absence note should answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
