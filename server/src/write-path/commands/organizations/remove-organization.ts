import { apiLimits, type OrganizationRecord, OrgError, type OrgState, type RetentionRecord } from '@rollcall/protocol';
import { readDefaultOrganizationId } from '../../../database/organizations/default-organization.ts';
import { saveDeadline } from '../../../database/organizations/removals.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import { hasNoUser, userIdOf } from '../../../domain/actor.ts';
import { organizationEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { addMilliseconds } from '../../../domain/date-time.ts';
import { assertNoLegalHold } from '../../../domain/organizations/legal-hold.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';
import { nameActor } from '../mail-names.ts';
import { loadOwnerAddresses } from '../mail-recipients.ts';
import { countNotice } from '../notice-limits.ts';

export interface RemoveOrganization {
  /**
   * Id or slug of the configured default organization, which cannot be removed. If null, the first
   * active organization is the default one.
   */
  readonly defaultOrganization: string | null;
}

const removalDelayMs = apiLimits.removalDelayHours * 60 * 60 * 1_000;

interface Facts {
  readonly state: OrgState;
  readonly retention: RetentionRecord | null;
  readonly isDefault: boolean;
  readonly ownerAddresses: readonly string[];
}

interface RemovedOrganization {
  readonly organization: OrganizationRecord;
}

/**
 * Marks an organization for deletion. It can be restored until `removal-sweep.ts` removes it. A
 * repeated request changes nothing and does not postpone the deletion (REST contract 5.7). The
 * operator may remove the default organization too. Under legal hold, neither removes any.
 */
export const removeOrganization: Command<RemoveOrganization, Facts, RemovedOrganization> = {
  name: 'remove-organization',
  endsAccess: () => true,

  async load(tx, input, { orgId, actor }) {
    const [state, [retention = null]] = await Promise.all([loadActorState(tx, orgId, actor), readRetentions(tx, orgId)]);
    return {
      state,
      retention,
      isDefault: (await readDefaultOrganizationId(tx, input.defaultOrganization)) === orgId,
      ownerAddresses: await loadOwnerAddresses(tx, orgId),
    };
  },

  decide(_input, { state, retention, isDefault, ownerAddresses }, { actor }) {
    if (hasNoUser(actor)) throw new OrgError('unauthenticated', 'This request requires an authenticated user.');
    authorize(state, actor, 'org:admin');
    if (isDefault && actor.kind === 'user') throw new OrgError('invalid', 'You cannot remove the default organization.');
    assertNoLegalHold(retention);
    const organization = state.organization!;
    if (organization.status !== 'active') return { changes: [], result: { organization } };
    const after: OrganizationRecord = { ...organization, status: 'pending_deletion' };
    const params = { orgName: organization.name, removedBy: nameActor(state, actor), namedUserId: userIdOf(actor) };
    const mails = ownerAddresses.map((to): NoticeToSend => ({ template: 'organization-removal', params, to, about: organization.id }));
    const audit = [organizationEvent('org.remove', after, 'removed the organization')];
    return { changes: updated('organization', organization, after), audit, mails, result: { organization: after } };
  },

  async persistSideEffects(tx, { changes }, context) {
    if (changes.length === 0) return;
    await saveDeadline(tx, context.orgId, addMilliseconds(context.now, removalDelayMs));
    await countNotice(tx, context, 'organization-removal');
  },
};
