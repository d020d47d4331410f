import { createTransport } from 'nodemailer';
import { type Mail, MailRefusedError } from './mail.ts';
import { composeOptions } from './mail-headers.ts';

/** A server that does not answer so long is as good as down; a graceful one may think over a recipient for a while. */
const connectionMsMax = 10_000;
const silenceMsMax = 30_000;

/**
 * Sends by a mail server; each mail has a connection of its own, so that a server's restart costs none of them.
 * @param url `smtp://` (with STARTTLS where the server has it) or `smtps://`, with user and password where needed
 */
export function openSmtpMail(url: string): Mail {
  const transport = createTransport({
    url,
    connectionTimeout: connectionMsMax,
    greetingTimeout: connectionMsMax,
    socketTimeout: silenceMsMax,
  });
  return {
    async send(message) {
      try {
        await transport.sendMail(composeOptions(message));
      } catch (error) {
        throw isRefusal(error as SmtpError) ? new MailRefusedError((error as Error).message, { cause: error }) : error;
      }
    },
  };
}

interface SmtpError {
  /** nodemailer's: `EENVELOPE` for sender and recipient, `EMESSAGE` for the content, others for connection and login. */
  readonly code?: string;
  readonly responseCode?: number;
}

/** RFC 5321, 4.2.1: 5yz means for good. At greeting or login it is about the server, and somebody may mend that. */
function isRefusal({ code, responseCode = 0 }: SmtpError): boolean {
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500 && responseCode < 600;
}
