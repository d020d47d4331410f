import { OrgError, type OrgState, type WebhookRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readWebhook } from '../../../database/outlets/outlet-records.ts';
import type { Actor } from '../../../domain/actor.ts';
import { authorize, notFound, scopesBeyond } from '../../../domain/authorize.ts';
import type { CommandContext, LoadContext } from '../../../write-path/command.ts';
import { loadActorState } from '../../../write-path/load-state.ts';
import { webhookScopes } from '../domain/webhook.ts';

export interface WebhookFacts {
  readonly state: OrgState;
  /** Null if the organization has no such webhook. */
  readonly webhook: WebhookRecord | null;
}

export async function loadWebhook(tx: Tx, webhookId: string, { orgId, actor }: LoadContext): Promise<WebhookFacts> {
  const [state, webhook] = await Promise.all([loadActorState(tx, orgId, actor), readWebhook(tx, orgId, webhookId)]);
  return { state, webhook };
}

/**
 * The webhook of a command whose actor manages webhooks.
 * @throws OrgError as `authorize`; `not-found`
 */
export function authorizedWebhook({ state, webhook }: WebhookFacts, { actor }: Pick<CommandContext, 'actor'>): WebhookRecord {
  authorize(state, actor, webhookScopes);
  if (!webhook) throw notFound();
  return webhook;
}

/**
 * Refuses an actor who lacks a scope of the webhook. Such an actor could otherwise direct to
 * themselves what they may not see.
 * @throws OrgError `forbidden`
 */
export function assertHoldsScopes(state: OrgState, actor: Actor, { scopes }: WebhookRecord): void {
  const missing = scopesBeyond(state, actor, scopes);
  if (missing.length === 0) return;
  throw new OrgError(
    'forbidden',
    `To change the URL, the scopes or the secret of this webhook, you need its scopes: ${missing.join(', ')}.`,
  );
}
