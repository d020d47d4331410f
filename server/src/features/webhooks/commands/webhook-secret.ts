import { randomBytes } from 'node:crypto';
import type { Tx } from '../../../database/database.ts';
import { openOrgSecrets, type SecretOwner, saveOrgSecret } from '../../../database/organizations/org-secrets.ts';
import { addMilliseconds } from '../../../domain/date-time.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';

/** The names of a webhook's secrets in `org_secrets`. Each delivery is signed with all of them. */
const webhookSecrets = { current: 'current', previous: 'previous' } as const;

/** The owners of the secrets of webhooks. */
export const webhookSecretKind = 'webhook';

/** A receiver has a day to replace its secret. */
const previousMs = 24 * 60 * 60 * 1_000;

/** Makes a secret of 256 bits in base64, as the Standard Webhooks specification recommends. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export function webhookSecretOwner(orgId: string, id: string): SecretOwner {
  return { orgId, kind: webhookSecretKind, id };
}

/** @param key the server's SECRET */
export async function saveWebhookSecret(tx: Tx, key: KeyRing, owner: SecretOwner, secret: string): Promise<void> {
  await saveOrgSecret(tx, key, owner, webhookSecrets.current, secret);
}

export async function readWebhookSecret(tx: Tx, key: KeyRing, owner: SecretOwner): Promise<string | null> {
  return (await openOrgSecrets(tx, key, owner)).get(webhookSecrets.current) ?? null;
}

/** Keeps the current secret for a day as the previous one. An older previous one ends. */
export async function replaceWebhookSecret(
  tx: Tx,
  key: KeyRing,
  owner: SecretOwner,
  { current, next, now }: { readonly current: string | null; readonly next: string; readonly now: string },
): Promise<void> {
  if (current !== null) await saveOrgSecret(tx, key, owner, webhookSecrets.previous, current, addMilliseconds(now, previousMs));
  await saveWebhookSecret(tx, key, owner, next);
}
