import { isId, type WebhookRecord } from '@rollcall/protocol';
import { type ConsumerState, readConsumer } from '../../../consumers/checkpoints.ts';
import type { Db } from '../../../database/database.ts';
import { readWebhook, readWebhooks } from '../../../database/outlets/outlet-records.ts';
import type { CallingActor } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { webhookScopes } from '../domain/webhook.ts';

/** Webhooks with their positions in the log, for callers who manage them (REST contract 13.10). */

/** @throws OrgError as `authorizeReader` */
export async function listWebhooks(db: Db, orgId: string, actor: CallingActor): Promise<WebhookRecord[]> {
  await authorizeReader(db, orgId, actor, webhookScopes);
  return readWebhooks(db, orgId);
}

/** @throws OrgError as `authorizeReader`; `not-found` */
export async function findWebhook(db: Db, orgId: string, actor: CallingActor, id: string): Promise<WebhookRecord> {
  await authorizeReader(db, orgId, actor, webhookScopes);
  const webhook = isId(id) ? await readWebhook(db, orgId, id) : null;
  if (!webhook) throw notFound();
  return webhook;
}

/** @throws OrgError as `findWebhook` */
export async function readWebhookState(db: Db, orgId: string, actor: CallingActor, id: string): Promise<ConsumerState> {
  await findWebhook(db, orgId, actor, id);
  const state = await readConsumer(db, { orgId, recordId: id }, 'webhook');
  // The webhook was removed in between.
  if (!state) throw notFound();
  return state;
}
