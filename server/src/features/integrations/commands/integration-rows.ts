import { definitionOf, type IntegrationRecord, isDirectoryProvider, OrgError } from '@rollcall/protocol';
import { setConsumerActive, startConsumer } from '../../../consumers/checkpoints.ts';
import type { Tx } from '../../../database/database.ts';
import { openOrgSecrets, removeOrgSecrets, type SecretOwner, saveOrgSecret } from '../../../database/organizations/org-secrets.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { restartReading } from '../database/directory-reads.ts';

/** The rows of an integration besides its record: secrets, checkpoint and directory. */

export interface IntegrationSecrets {
  /** The server's SECRET. */
  readonly key: KeyRing;
  readonly byName: Readonly<Record<string, string>>;
}

/** An active integration of another organization has the same organization of the provider. */
export function connectedElsewhere(): OrgError {
  const message = 'The provider’s organization is already connected to another organization here. Disconnect it there first.';
  return new OrgError('already-exists', message);
}

export function ownerOfSecrets(orgId: string, id: string): SecretOwner {
  return { orgId, kind: 'integration', id };
}

export async function saveSecrets(tx: Tx, orgId: string, id: string, { key, byName }: IntegrationSecrets): Promise<void> {
  for (const [name, text] of Object.entries(byName)) await saveOrgSecret(tx, key, ownerOfSecrets(orgId, id), name, text);
}

/** Removes secrets that another SECRET encrypted: they can't be opened, and so can't be copied. */
export async function copySecrets(
  tx: Tx,
  orgId: string,
  { from, to, key }: { readonly from: string; readonly to: string; readonly key: KeyRing },
): Promise<void> {
  const owner = ownerOfSecrets(orgId, from);
  const secrets = await openOrgSecrets(tx, key, owner).catch(() => null);
  if (secrets === null) return removeOrgSecrets(tx, owner);
  await saveSecrets(tx, orgId, to, { key, byName: Object.fromEntries(secrets) });
}

/** The kind of the consumers of integrations in `log_consumers`. */
export const integrationConsumerKind = 'integration';

/**
 * Starts the deliveries, or the reading of a directory. The first event is that of the revision
 * after this command's, or the one where deliveries stopped.
 */
export async function startIntegration(tx: Tx, orgId: string, { id, provider }: IntegrationRecord, isNew: boolean): Promise<void> {
  if (isDirectoryProvider(provider)) await restartReading(tx, orgId, id);
  if (!definitionOf(provider).getsEvents) return;
  const ref = { orgId, recordId: id };
  if (isNew) await startConsumer(tx, ref, integrationConsumerKind, null);
  else await setConsumerActive(tx, ref, integrationConsumerKind, true);
}
