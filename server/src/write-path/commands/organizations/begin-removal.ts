import type { OrganizationRecord } from '@rollcall/protocol';
import { readDeadline } from '../../../database/organizations/removals.ts';
import { readOrganization } from '../../../database/records/records-read.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import { notFound } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';

interface Facts {
  readonly organization: OrganizationRecord;
  /** Null unless the organization is marked for deletion. */
  readonly removeAt: string | null;
  readonly isHeld: boolean;
}

/**
 * Changes the status of an organization whose grace period has expired. It can still be restored
 * (REST contract 5.7). Under legal hold, its removal waits for the end of the hold.
 */
export const beginRemoval: Command<Record<string, never>, Facts, null> = {
  name: 'begin-removal',

  async load(tx, _input, { orgId }) {
    const organization = await readOrganization(tx, orgId);
    if (!organization) throw notFound();
    const [removeAt, [retention]] = await Promise.all([readDeadline(tx, orgId), readRetentions(tx, orgId)]);
    return { organization, removeAt, isHeld: retention?.legalHold === true };
  },

  decide(_input, { organization, removeAt, isHeld }, { now }) {
    const isDue = removeAt !== null && removeAt <= now && !isHeld;
    if (!isDue || organization.status !== 'pending_deletion') return { changes: [], result: null };
    return { changes: updated('organization', organization, { ...organization, status: 'deletion_in_progress' }), result: null };
  },
};
