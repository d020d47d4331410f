import { OrgError } from '@rollcall/protocol';
import { type ConsumerMove, type ConsumerState, moveConsumer, readConsumer } from '../../../consumers/checkpoints.ts';
import type { Tx } from '../../../database/database.ts';
import { type Head, readHeads } from '../../../database/records/read-log.ts';
import type { Command, LoadContext } from '../../../write-path/command.ts';
import { webhookEvent } from '../domain/webhook.ts';
import { authorizedWebhook, loadWebhook, type WebhookFacts } from './load-webhook.ts';

/** The commands that move a webhook in the log (REST contract 13.10). */

interface Facts extends WebhookFacts {
  readonly consumer: ConsumerState | null;
  readonly head: Head;
}

async function load(tx: Tx, webhookId: string, context: LoadContext): Promise<Facts> {
  const [facts, consumer, [head]] = await Promise.all([
    loadWebhook(tx, webhookId, context),
    readConsumer(tx, { orgId: context.orgId, recordId: webhookId }, 'webhook'),
    readHeads(tx, [context.orgId]),
  ]);
  return { ...facts, consumer, head: head! };
}

export interface ReplayWebhook {
  readonly webhookId: string;
  /** The first revision to deliver again. 0 if it could not be parsed. */
  readonly fromRevision: number;
}

/** Delivers the events from a revision on again. They keep their ids. */
export const replayWebhook: Command<ReplayWebhook, Facts, { readonly fromRevision: number }> = {
  name: 'replay-webhook',

  load: (tx, { webhookId }, context) => load(tx, webhookId, context),

  decide(input, facts, context) {
    const webhook = authorizedWebhook(facts, context);
    const { floorRevision } = facts.head;
    const next = facts.consumer?.cursor.revision ?? 0;
    // The events of the floor itself are no longer in the log.
    const fromRevision = Math.max(input.fromRevision, floorRevision + 1);
    context.refuseInvalid(
      input.fromRevision < floorRevision ? refused(`The log begins at revision ${floorRevision + 1}.`) : {},
      input.fromRevision > Math.min(next, facts.head.revision) ? refused(`No event of revision ${input.fromRevision} was sent yet.`) : {},
    );
    const data = { replay_from: String(fromRevision) };
    const audit = [webhookEvent('webhook.edit', webhook, `replayed revisions from ${fromRevision} to`, data)];
    return { changes: [], audit, result: { fromRevision } };
  },

  async persistSideEffects(tx, { result: { fromRevision } }, { orgId }, { webhook }) {
    await move(tx, orgId, webhook!.id, { fromRevision });
  },
};

function refused(message: string) {
  return { fromRevision: [message] };
}

/** Passes over the event whose delivery failed. */
export const skipWebhookEvent: Command<{ readonly webhookId: string }, Facts, null> = {
  name: 'skip-webhook-event',

  load: (tx, { webhookId }, context) => load(tx, webhookId, context),

  decide(_input, facts, context) {
    const webhook = authorizedWebhook(facts, context);
    const { consumer } = facts;
    if (!consumer || consumer.attempts === 0) throw nothingToSkip();
    const { revision, index } = consumer.cursor;
    const data = { skipped: `${context.orgId}.${revision}.${index}` };
    return { changes: [], audit: [webhookEvent('webhook.edit', webhook, `skipped event ${data.skipped} of`, data)], result: null };
  },

  async persistSideEffects(tx, _decision, { orgId }, { webhook }) {
    await move(tx, orgId, webhook!.id, 'skip');
  },
};

async function move(tx: Tx, orgId: string, id: string, to: ConsumerMove): Promise<void> {
  // The runner may have delivered the event since it was read, because it does not take the
  // organization's lock.
  if (!(await moveConsumer(tx, { orgId, recordId: id }, 'webhook', to))) throw nothingToSkip();
}

function nothingToSkip(): OrgError {
  return new OrgError('invalid', 'No event of this webhook waits for another attempt.');
}
