import type { IpAllowListRecord, OrgState } from '@rollcall/protocol';
import { authorize } from '../../../domain/authorize.ts';
import { created, updated } from '../../../domain/changes.ts';
import {
  changeIpAllowList,
  emptyIpAllowList,
  type IpAllowListChanges,
  ipAllowListEdited,
  ownAddressErrors,
} from '../../../domain/organizations/ip-allow-list.ts';
import type { Command } from '../../command.ts';
import { allocateIds, loadActorState } from '../../load-state.ts';

interface Facts {
  readonly state: OrgState;
  readonly newIds: readonly string[];
}

/**
 * Changes the list of allowed addresses (REST contract 13.3). A caller can't save a list that
 * excludes their own address. The operator has no address.
 */
export const updateIpAllowList: Command<IpAllowListChanges, Facts, IpAllowListRecord> = {
  name: 'update-ip-allow-list',
  endsAccess: ({ isEnabled, rules }) => isEnabled === true || rules !== null,

  async load(tx, { rules }, { orgId, actor }) {
    const [state, newIds] = await Promise.all([loadActorState(tx, orgId, actor), allocateIds(tx, rules?.length ?? 0)]);
    return { state, newIds };
  },

  decide(input, { state, newIds }, { orgId, actor, now, refuseInvalid }) {
    authorize(state, actor, 'org:admin');
    const before = state.ipAllowList;
    const current = before ?? emptyIpAllowList(orgId);
    const { after, errors } = changeIpAllowList(current, input, newIds, now);
    refuseInvalid(errors);
    if (actor.kind === 'user' || actor.kind === 'org-token') refuseInvalid(ownAddressErrors(after, actor));
    const changes = updated('ip-allow-list', current, after);
    return {
      changes: before === null && changes.length > 0 ? [created('ip-allow-list', after)] : changes,
      audit: ipAllowListEdited(current, after),
      result: after,
    };
  },
};
