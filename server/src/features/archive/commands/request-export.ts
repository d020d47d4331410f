import { OrgError, type OrgState } from '@rollcall/protocol';
import { memberOfActor, userIdOf } from '../../../domain/actor.ts';
import { organizationEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadOwnerAddresses } from '../../../write-path/commands/mail-recipients.ts';
import { allocateId, loadActorState } from '../../../write-path/load-state.ts';
import { insertExport, secondsToNextExport } from '../database/exports.ts';
import { archiveLimits } from '../limits.ts';

export interface RequestExport {
  /** Whether the file also contains the changes that are in the log. */
  readonly withHistory: boolean;
}

export interface RequestedExport extends RequestExport {
  readonly id: string;
  readonly dateCreated: string;
}

interface Facts {
  readonly state: OrgState;
  readonly ownerAddresses: readonly string[];
  readonly id: string;
  readonly waitSeconds: number;
}

/**
 * The time for which the file is stored, enough to download it. It contains all addresses, so it
 * isn't stored for longer.
 */
const exportStoredHours = 24;

/** Requests the file of an organization, and mails the owners (REST contract 13.16). */
export const requestExport: Command<RequestExport, Facts, RequestedExport> = {
  name: 'request-export',

  async load(tx, _input, { orgId, actor }) {
    const [state, ownerAddresses, id, waitSeconds] = await Promise.all([
      loadActorState(tx, orgId, actor),
      loadOwnerAddresses(tx, orgId),
      allocateId(tx),
      secondsToNextExport(tx, orgId, archiveLimits.exportIntervalSeconds.value),
    ]);
    return { state, ownerAddresses, id, waitSeconds };
  },

  decide({ withHistory }, { state, ownerAddresses, id, waitSeconds }, { actor, now, refuseInvalid }) {
    authorize(state, actor, 'org:admin');
    refuseInvalid();
    if (waitSeconds > 0) {
      const message = 'An organization can be exported once an hour.';
      throw new OrgError('rate-limited', message, { retryAfterSeconds: Math.ceil(waitSeconds) });
    }
    const organization = state.organization!;
    const params = {
      orgName: organization.name,
      orgSlug: organization.slug,
      requestedBy: memberOfActor(state, actor)?.name || 'The operator of the server',
      namedUserId: userIdOf(actor),
    };
    return {
      changes: [],
      audit: [organizationEvent('org.export', organization, 'requested an export of the organization')],
      mails: ownerAddresses.map((to) => ({ template: 'organization-export', params, to })),
      result: { id, dateCreated: now, withHistory },
    };
  },

  async persistSideEffects(tx, { result }, { orgId, actor }) {
    const requestedBy = actor.kind === 'user' ? actor.userId : null;
    await insertExport(tx, { ...result, orgId, requestedBy, storedHours: exportStoredHours });
  },
};
