import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export type Received = ParsedMail & { readonly recipients: readonly string[] };

export interface TestSmtp {
  readonly url: string;
  /** Every accepted mail, in order, including those before a restart. */
  readonly received: readonly Received[];
  /** Refuses recipients with this SMTP code. Null accepts them. */
  refuseWith: number | null;
  /** Runs when a mail has arrived completely, before the server acknowledges it. */
  beforeAnswer: (() => Promise<unknown>) | null;
  /** Stops listening and closes all connections. */
  goDown(): Promise<void>;
  /** Starts listening on the same port again. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A real mail server in this process. With STARTTLS, it has a certificate for localhost that no
 * authority signed.
 */
export async function startSmtp({ hasStartTls = false } = {}): Promise<TestSmtp> {
  const received: Received[] = [];
  let server: SMTPServer | null = null;
  let port = 0;
  const smtp: TestSmtp = {
    get url() {
      return `smtp://127.0.0.1:${port}`;
    },
    received,
    refuseWith: null,
    beforeAnswer: null,
    async goDown() {
      const closing = server;
      server = null;
      await new Promise<void>((resolve) => (closing ? closing.close(resolve) : resolve()));
    },
    async comeBack() {
      server = await listen(port);
    },
    stop: () => smtp.goDown(),
  };

  async function listen(onPort: number): Promise<SMTPServer> {
    const starting = new SMTPServer({
      authOptional: true,
      disabledCommands: hasStartTls ? [] : ['STARTTLS'],
      closeTimeout: 100,
      onRcptTo(_address, _session, done) {
        done(smtp.refuseWith === null ? null : Object.assign(new Error('not here'), { responseCode: smtp.refuseWith }));
      },
      onData(stream, session, done) {
        simpleParser(stream)
          .then(async (mail) => {
            received.push(Object.assign(mail, { recipients: session.envelope.rcptTo.map(({ address }) => address) }));
            await smtp.beforeAnswer?.();
          })
          .then(() => done(), done);
      },
    });
    // A client that is killed resets its connection.
    starting.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      starting.server.once('error', reject);
      starting.listen(onPort, '127.0.0.1', resolve);
    });
    return starting;
  }

  server = await listen(0);
  port = (server.server.address() as AddressInfo).port;
  return smtp;
}
