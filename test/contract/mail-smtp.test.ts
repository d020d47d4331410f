import assert from 'node:assert/strict';
import { MailRefusedError } from '../../server/src/mail/mail.ts';
import { openSmtpMail, verifySmtp } from '../../server/src/mail/mail-smtp.ts';
import { startSmtp, type TestSmtp } from '../support/smtp.ts';
import { aMessage, describeMailContract } from './mail.suite.ts';

describeMailContract('SMTP', async () => {
  const smtp = await startSmtp();
  return { mail: openSmtpMail(smtp.url), readReceived: async () => smtp.received, stop: () => smtp.stop() };
});

describe('mail: SMTP that refuses', () => {
  let smtp: TestSmtp;
  before(async () => {
    smtp = await startSmtp();
  });
  after(() => smtp.stop());

  const isRefusal = (error: unknown) => error instanceof MailRefusedError;

  it('a permanent refusal is reported', async () => {
    smtp.refuseWith = 550;
    await assert.rejects(openSmtpMail(smtp.url).send(aMessage()), isRefusal);
  });

  it('a temporary refusal allows a retry', async () => {
    smtp.refuseWith = 451;
    await assert.rejects(openSmtpMail(smtp.url).send(aMessage()), (error) => !isRefusal(error));
  });

  it('an unreachable server allows a retry, which succeeds once it is back', async () => {
    smtp.refuseWith = null;
    const mail = openSmtpMail(smtp.url);
    await smtp.goDown();
    await assert.rejects(mail.send(aMessage()), (error) => !isRefusal(error));
    await smtp.comeBack();
    await mail.send(aMessage());
    assert.equal(smtp.received.length, 1);
  });
});

describe('mail: SMTP with required STARTTLS', () => {
  const required = (url: string, parameters = '') => `${url.replace('smtp:', 'smtp+starttls:')}${parameters}`;

  async function sends(url: (server: TestSmtp) => string, options: { readonly hasStartTls: boolean }): Promise<number> {
    const smtp = await startSmtp(options);
    try {
      await Promise.all([openSmtpMail(url(smtp)).send(aMessage()), verifySmtp(url(smtp))]).catch((error: unknown) => {
        assert.ok(!(error instanceof MailRefusedError), 'the mail must be sent again later');
      });
      return smtp.received.length;
    } finally {
      await smtp.stop();
    }
  }

  it('[H-87] [V12.3.1] nothing is sent to a server that does not offer it, with any parameters', async () => {
    const without = { hasStartTls: false };
    assert.equal(await sends(({ url }) => required(url), without), 0);
    assert.equal(await sends(({ url }) => required(url, '?requireTLS=false&ignoreTLS=true'), without), 0);
    assert.equal(await sends(({ url }) => url, without), 1, 'smtp:// sends it without TLS');
  });

  it('[H-87] [V12.3.2] nothing is sent to a server whose certificate is not trusted', async () => {
    assert.equal(await sends(({ url }) => required(url), { hasStartTls: true }), 0);
  });

  it('a mail is sent over TLS to a server that is trusted', async () => {
    assert.equal(await sends(({ url }) => required(url, '?tls.rejectUnauthorized=false'), { hasStartTls: true }), 1);
  });
});
