import { type OrganizationRecord, OrgError, type OrgState } from '@rollcall/protocol';
import { readDefaultOrganizationId } from '../../database/default-organization.ts';
import { organizationEvent } from '../../domain/audit.ts';
import { authorize } from '../../domain/authorize.ts';
import { updated } from '../../domain/changes.ts';
import type { Command } from '../command.ts';
import { loadActorState } from '../load-state.ts';

export interface RemoveOrganization {
  /** The configured default organization's id or slug: that one cannot be removed. Null: the first active one is it. */
  readonly defaultOrganization: string | null;
}

interface Facts {
  readonly state: OrgState;
  readonly isDefault: boolean;
}

/**
 * Marks an organization for deletion; it can be restored until a later job deletes it. Asking again changes nothing
 * (spec: 5.7). Whoever runs the server may remove the default organization too.
 */
export const removeOrganization: Command<RemoveOrganization, Facts, OrganizationRecord> = {
  name: 'remove-organization',

  async load(tx, input, { orgId, actor }) {
    const state = await loadActorState(tx, orgId, actor);
    return { state, isDefault: (await readDefaultOrganizationId(tx, input.defaultOrganization)) === orgId };
  },

  decide(_input, { state, isDefault }, { actor }) {
    if (actor.kind === 'org-token') throw new OrgError('unauthenticated', 'This request requires an authenticated user.');
    authorize(state, actor, 'org:admin');
    if (isDefault && actor.kind === 'user') throw new OrgError('invalid', 'You cannot remove the default organization.');
    const organization = state.organization!;
    const after: OrganizationRecord = organization.status === 'active' ? { ...organization, status: 'pending_deletion' } : organization;
    const changes = updated('organization', organization, after);
    return { changes, audit: changes.map(() => organizationEvent('org.remove', after, 'removed the organization')), result: after };
  },
};
