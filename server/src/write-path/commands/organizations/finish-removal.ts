import type { OrganizationRecord } from '@rollcall/protocol';
import { saveRemoval } from '../../../database/organizations/removals.ts';
import { readOrganization } from '../../../database/records/records-read.ts';
import { notFound } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';

/**
 * Removes an organization in one step: from this revision on it is nowhere to be found, its name is
 * free, and whoever followed it is told so. The rows of what belonged to it are removed afterwards
 * (docs/adr/0021). One that was restored in the meantime stays.
 */
export const finishRemoval: Command<Record<string, never>, OrganizationRecord, null> = {
  name: 'finish-removal',

  async load(tx, _input, { orgId }) {
    const organization = await readOrganization(tx, orgId);
    if (!organization) throw notFound();
    return organization;
  },

  decide(_input, organization) {
    const isGoing = organization.status === 'deletion_in_progress';
    return { changes: isGoing ? [removed('organization', organization)] : [], result: null };
  },

  async persistSideEffects(tx, { changes }, { orgId }) {
    if (changes.length > 0) await saveRemoval(tx, orgId);
  },
};
