import { isRecoveryOwner, type OrgState } from '@rollcall/protocol';
import { memberOfActor } from '../../../domain/actor.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';
import { loadOwnerAddresses } from '../mail-recipients.ts';
import { recoveryOwnerMails } from './recovery-owner-mails.ts';

interface Facts {
  readonly state: OrgState;
  readonly ownerAddresses: readonly string[];
}

/**
 * Records that a recovery owner logged in with a password where single sign-on is required, and
 * mails the owners (REST contract 13.5). The server runs it for each such organization of a user
 * who logs in.
 */
export const recordRecoveryLogin: Command<null, Facts, null> = {
  name: 'record-recovery-login',

  async load(tx, _input, { orgId, actor }) {
    const [state, ownerAddresses] = await Promise.all([loadActorState(tx, orgId, actor), loadOwnerAddresses(tx, orgId)]);
    return { state, ownerAddresses };
  },

  decide(_input, { state, ownerAddresses }, { actor }) {
    const organization = state.organization!;
    const member = memberOfActor(state, actor);
    if (!organization.requiresSso || !member || !isRecoveryOwner(member)) return { changes: [], result: null };
    return {
      changes: [],
      audit: [memberEvent('sso.recovery-login', member, 'logged in with a password as a recovery owner')],
      mails: recoveryOwnerMails(organization, member, 'login', ownerAddresses),
      result: null,
    };
  },
};
