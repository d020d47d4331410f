import type { IntegrationRecord } from '@rollcall/protocol';
import { setConsumerActive, startConsumer } from '../../../consumers/checkpoints.ts';
import type { Tx } from '../../../database/database.ts';
import { type SecretOwner, saveOrgSecret } from '../../../database/organizations/org-secrets.ts';

/** The rows of an integration that are not part of its record: its secrets and its checkpoint. */

export interface IntegrationSecrets {
  /** The server's SECRET. */
  readonly key: string;
  readonly byName: Readonly<Record<string, string>>;
}

export function ownerOfSecrets(orgId: string, id: string): SecretOwner {
  return { orgId, kind: 'integration', id };
}

export async function saveSecrets(tx: Tx, orgId: string, id: string, { key, byName }: IntegrationSecrets): Promise<void> {
  for (const [name, text] of Object.entries(byName)) await saveOrgSecret(tx, key, ownerOfSecrets(orgId, id), name, text);
}

/** The kind of the consumers of integrations in `log_consumers`. */
export const integrationConsumerKind = 'integration';

/** The providers that get events. The others are only read. */
const notified: readonly IntegrationRecord['provider'][] = ['pagerduty', 'slack'];

/** The first event is that of the revision after this command's, or the one where it stopped. */
export async function startDeliveries(tx: Tx, orgId: string, { id, provider }: IntegrationRecord, isNew: boolean): Promise<void> {
  if (!notified.includes(provider)) return;
  const ref = { orgId, recordId: id };
  if (isNew) await startConsumer(tx, ref, integrationConsumerKind, null);
  else await setConsumerActive(tx, ref, integrationConsumerKind, true);
}
