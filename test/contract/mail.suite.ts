import assert from 'node:assert/strict';
import type { ParsedMail } from 'mailparser';
import type { Mail, MailMessage } from '../../server/src/mail/mail.ts';

export interface OpenedMail {
  readonly mail: Mail;
  /** All mails that arrived so far, parsed like a mail program would. */
  readReceived(): Promise<readonly ParsedMail[]>;
  stop(): Promise<void>;
}

let made = 0;

export function aMessage(overrides: Partial<MailMessage> = {}): MailMessage {
  return {
    messageId: `<00000000-0000-4000-8000-${String(++made).padStart(12, '0')}@example.com>`,
    from: { name: 'Rollcall', address: 'rollcall@example.com' },
    to: 'ada@example.com',
    subject: 'A subject',
    text: 'A text.\n',
    html: '<p>A text.</p>\n',
    link: null,
    ...overrides,
  };
}

/** The contract of every mail transport. */
export function describeMailContract(name: string, open: () => Promise<OpenedMail>): void {
  describe(`mail: ${name}`, () => {
    let opened: OpenedMail;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.stop());

    async function receive(message: MailMessage): Promise<ParsedMail> {
      await opened.mail.send(message);
      const received = await opened.readReceived();
      assert.equal(received.length, 1);
      return received[0]!;
    }

    const addressesOf = (list: ParsedMail['to']) => [list ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address));

    it('send resolves once the mail is handed over complete: sender, recipient, subject, both bodies, Message-ID', async () => {
      const sent = aMessage({
        text: 'Dear Zoë,\n\nhttps://example.com/a/b/?c=d&e=f\n',
        html: '<p>Dear Zoë</p>\n',
        subject: 'Grüße aus 東京',
      });
      const received = await receive(sent);
      assert.deepEqual(received.from?.value, [{ name: 'Rollcall', address: 'rollcall@example.com' }]);
      assert.deepEqual(addressesOf(received.to), [sent.to]);
      assert.equal(received.subject, sent.subject);
      assert.equal(received.text?.trim(), sent.text.trim());
      assert.equal((received.html as string).trim(), sent.html.trim());
      assert.equal(received.messageId, sent.messageId);
    });

    it('the name of the sender is one name, with any punctuation', async () => {
      for (const name of ['Rollcall: Staging', 'Acme, Inc. (staging)', 'The "Ops" team', 'Zoë: 東京', '']) {
        const { messageId, from } = aMessage({ from: { name, address: 'rollcall@example.com' } });
        await opened.mail.send(aMessage({ messageId, from }));
        const received = (await opened.readReceived()).find((mail) => mail.messageId === messageId);
        assert.deepEqual(received?.from?.value, [from], name);
      }
    });

    it('mails carry headers that prevent automatic replies', async () => {
      const received = await receive(aMessage());
      assert.equal(received.headers.get('auto-submitted'), 'auto-generated');
    });

    it('a long link stays on one line', async () => {
      const link = `https://example.com/accept/1/${'a1'.repeat(150)}/`;
      const received = await receive(aMessage({ text: `Accept:\n${link}\n` }));
      assert.ok(received.text?.split('\n').includes(link));
    });

    it('a subject cannot add a header', async () => {
      const received = await receive(aMessage({ subject: 'Join\r\nBcc: other@example.com\r\n\r\n<b>' }));
      assert.equal(received.headers.has('bcc'), false);
      assert.equal(received.text?.trim(), 'A text.');
    });

    it('the recipient is treated as a single address, and no other address is reached', async () => {
      await opened.mail.send(aMessage({ to: 'a@example.com, other@example.com' })).catch(() => {});
      await opened.mail.send(aMessage({ to: 'A <other@example.com>' })).catch(() => {});
      const reached = (await opened.readReceived()).flatMap(({ to }) => addressesOf(to));
      assert.ok(!reached.includes('other@example.com'), `it reached ${reached}`);
    });

    it('many mails can be sent at once', async () => {
      const sent = Array.from({ length: 20 }, () => aMessage());
      await Promise.all(sent.map((message) => opened.mail.send(message)));
      const ids = (await opened.readReceived()).map(({ messageId }) => messageId);
      assert.deepEqual(ids.toSorted(), sent.map(({ messageId }) => messageId).toSorted());
    });

    it('the same mail can be sent again, with the same Message-ID', async () => {
      const message = aMessage();
      await opened.mail.send(message);
      await opened.mail.send(message);
      const ids = (await opened.readReceived()).map(({ messageId }) => messageId);
      assert.deepEqual([...new Set(ids)], [message.messageId]);
    });
  });
}
