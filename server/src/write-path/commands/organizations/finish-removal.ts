import type { OrganizationRecord } from '@rollcall/protocol';
import { registerRemovedOrganization } from '../../../database/organizations/removals.ts';
import { readOrganization } from '../../../database/records/records-read.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import { notFound } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import { saveRevocationsOf } from '../../../features/integrations/database/provider-revocations.ts';
import type { Command } from '../../command.ts';

interface Facts {
  readonly organization: OrganizationRecord;
  readonly isHeld: boolean;
}

/**
 * Removes an organization in one revision. From then on it does not exist, its slug is free, and
 * its subscribers are notified. Its rows are deleted and its connections to providers are ended
 * afterwards (docs/adr/0021). An organization that was restored or put under legal hold in between
 * stays.
 */
export const finishRemoval: Command<Record<string, never>, Facts, null> = {
  name: 'finish-removal',

  async load(tx, _input, { orgId }) {
    const [organization, [retention]] = await Promise.all([readOrganization(tx, orgId), readRetentions(tx, orgId)]);
    if (!organization) throw notFound();
    return { organization, isHeld: retention?.legalHold === true };
  },

  decide(_input, { organization, isHeld }) {
    const isGoing = organization.status === 'deletion_in_progress' && !isHeld;
    return { changes: isGoing ? [removed('organization', organization)] : [], result: null };
  },

  async persistSideEffects(tx, { changes }, { orgId }) {
    if (changes.length === 0) return;
    await saveRevocationsOf(tx, orgId);
    await registerRemovedOrganization(tx, orgId);
  },
};
