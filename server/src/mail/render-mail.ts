import type * as z from 'zod';
import { composeDigest, digestSchema } from './digest.ts';
import type { MailMessage } from './mail.ts';
import type { MailContext, MailTemplate } from './mail-template.ts';
import type { Mailbox } from './mailbox.ts';
import { renderMessage } from './message.ts';
import type { QueuedMail } from './outbox.ts';
import { mailTemplates } from './template-list.ts';

export interface RenderContext extends MailContext {
  /** The sender, from MAIL_FROM. */
  readonly from: Mailbox;
}

const templates: Readonly<Record<string, MailTemplate<z.ZodType>>> = mailTemplates;

/**
 * Renders a queued mail. The result is the same for every attempt.
 * @throws Error if an instance of another version queued a mail that this version cannot render
 */
export function renderMail({ id, message_id, template: name, params, recipient }: QueuedMail, context: RenderContext): MailMessage {
  const compose = (of: string, given: unknown) => {
    const template = Object.hasOwn(templates, of) ? templates[of] : undefined;
    if (!template) throw new Error(`mail ${id} has an unknown template: ${of}`);
    return template.compose(template.params.parse(given), context);
  };
  const composeMany = ({ of, items, more }: z.output<typeof digestSchema>) =>
    composeDigest(
      items.map((item) => compose(of, item)),
      more,
    );
  return {
    messageId: `<${message_id}@${domainOf(context.from.address)}>`,
    from: context.from,
    to: recipient,
    ...renderMessage(name === 'digest' ? composeMany(digestSchema.parse(params)) : compose(name, params)),
  };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
