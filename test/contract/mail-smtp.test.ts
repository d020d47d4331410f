import assert from 'node:assert/strict';
import { MailRefusedError } from '../../server/src/mail/mail.ts';
import { openSmtpMail } from '../../server/src/mail/mail-smtp.ts';
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
