import { createTransport } from 'nodemailer';
import { type Mail, MailRefusedError } from './mail.ts';
import { composeOptions } from './mail-headers.ts';

/**
 * A server that takes longer to accept a connection is considered down. A healthy server may take
 * longer to check a recipient.
 */
const connectionMsMax = 10_000;
const silenceMsMax = 30_000;

/**
 * Sends mail through a mail server. Each mail has its own connection, so that a restart of the
 * server loses none.
 * @param url `smtp+starttls://`, `smtps://`, or `smtp://` (with STARTTLS if the server offers it),
 * with user and password if needed
 */
export function openSmtpMail(url: string): Mail {
  const transport = transportOf(url);
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

/**
 * Connects and logs in, and sends nothing.
 * @throws Error of the connection or the login
 */
export async function verifySmtp(url: string): Promise<void> {
  await transportOf(url).verify();
}

function transportOf(url: string) {
  return createTransport({
    url: withRequiredTls(url),
    connectionTimeout: connectionMsMax,
    greetingTimeout: connectionMsMax,
    socketTimeout: silenceMsMax,
  });
}

/**
 * nodemailer does not know `smtp+starttls://`. The parameter is part of the URL, because parameters
 * of the URL take precedence over other options.
 */
function withRequiredTls(url: string): string {
  if (!/^smtp\+starttls:/i.test(url)) return url;
  const required = new URL(url.replace(/^smtp\+starttls:/i, 'smtp:'));
  required.searchParams.set('requireTLS', 'true');
  return required.href;
}

interface SmtpError {
  /**
   * nodemailer's code: `EENVELOPE` for sender and recipient, `EMESSAGE` for the content, others for
   * connection and login.
   */
  readonly code?: string;
  readonly responseCode?: number;
}

/**
 * RFC 5321, 4.2.1: 5yz is a permanent failure. In the greeting or the login it concerns the server,
 * and an operator may fix it.
 */
function isRefusal({ code, responseCode = 0 }: SmtpError): boolean {
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500 && responseCode < 600;
}
