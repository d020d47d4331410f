import { setTimeout as sleep } from 'node:timers/promises';
import { type IntegrationProvider, isId } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { claimOrgSecret, openOrgSecrets, saveOrgSecret, storeClaimedSecret } from '../../../database/organizations/org-secrets.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { allocateId } from '../../../write-path/load-state.ts';
import { ownerOfSecrets } from '../commands/integration-rows.ts';
import { saveRevocation } from '../database/provider-revocations.ts';
import { type DirectoryConnection, DirectoryError } from './directory.ts';

const retryMs = 100;
/**
 * The longest wait for another caller that replaces a value. It is longer than a call to the
 * provider takes.
 */
const waitMsMax = 20_000;

export interface ConnectionParts {
  readonly db: Db;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface IntegrationRef {
  readonly orgId: string;
  readonly integrationId: string;
  readonly provider: IntegrationProvider;
  readonly externalId: string;
}

/** The connection of an integration by its id. Null if the provider has none with this id. */
export async function findConnection(
  parts: ConnectionParts,
  provider: IntegrationProvider,
  integrationId: string,
): Promise<DirectoryConnection | null> {
  if (!isId(integrationId)) return null;
  const row = await parts.db
    .selectFrom('integrations')
    .select(['organization_id', 'external_id'])
    .where('id', '=', integrationId)
    .where('provider', '=', provider)
    .executeTakeFirst();
  return row ? openConnection(parts, { orgId: row.organization_id, integrationId, provider, externalId: row.external_id }) : null;
}

/**
 * Stores a value of an integration in place of the previous one. Stores nothing if the integration
 * was removed, because its secrets may have been deleted already.
 */
export async function saveConnectionSecret(
  { db, key }: ConnectionParts,
  { orgId, integrationId }: Pick<IntegrationRef, 'orgId' | 'integrationId'>,
  name: string,
  text: string,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('integrations')
      .select('id')
      .where('organization_id', '=', orgId)
      .where('id', '=', integrationId)
      .forKeyShare()
      .executeTakeFirst();
    if (row) await saveOrgSecret(tx, key, ownerOfSecrets(orgId, integrationId), name, text);
  });
}

/** The connection of an integration, with its stored values. */
export async function openConnection({ db, key }: ConnectionParts, integration: IntegrationRef): Promise<DirectoryConnection> {
  const owner = ownerOfSecrets(integration.orgId, integration.integrationId);
  return {
    externalId: integration.externalId,
    secrets: Object.fromEntries(await openOrgSecrets(db, key, owner)),
    async replaceSecret(name, replace) {
      const giveUpAt = performance.now() + waitMsMax;
      let claimed = await claimOrgSecret(db, key, owner, name);
      while (!claimed) {
        if (!(await openOrgSecrets(db, key, owner)).has(name)) throw new DirectoryError('disconnected', 'The integration was removed.');
        if (performance.now() > giveUpAt) throw new DirectoryError('unavailable', 'The connection is being renewed by another instance.');
        await sleep(retryMs);
        claimed = await claimOrgSecret(db, key, owner, name);
      }
      let replaced: string | null = null;
      try {
        replaced = await replace(claimed.text);
      } finally {
        const isStored = await storeClaimedSecret(db, key, owner, name, claimed, replaced);
        if (replaced !== null && !isStored) await revokeLater({ db, key }, integration, name, replaced);
      }
      return replaced ?? claimed.text;
    },
  };
}

/**
 * Requests the end, at the provider, of a value that was not stored because another connection has
 * replaced it.
 */
async function revokeLater(
  { db, key }: ConnectionParts,
  { orgId, provider, externalId }: IntegrationRef,
  name: string,
  text: string,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const id = await allocateId(tx);
    await saveOrgSecret(tx, key, ownerOfSecrets(orgId, id), name, text);
    await saveRevocation(tx, { orgId, integrationId: id, provider, externalId });
  });
}
