import { removeIdentity } from '../../../../database/security/sso-identities.ts';
import { memberEvent } from '../../../../domain/audit/audit.ts';
import { updated } from '../../../../domain/changes.ts';
import type { Command } from '../../../../write-path/command.ts';
import { endBindings } from '../../database/end-bindings.ts';
import { unlinkedMember } from '../../domain/auth-provider.ts';
import { type EndedIdentity, type IdentityFacts, loadIdentity } from './load-identity.ts';

/** Removes the link between a member and their identity at the provider. Its logins end. */
export const unlinkIdentity: Command<{ readonly member: string }, IdentityFacts, EndedIdentity> = {
  name: 'unlink-identity',
  endsAccess: () => true,

  load: (tx, { member }, context) => loadIdentity(tx, member, context),

  decide(_input, { target, identity, sessions }) {
    const after = unlinkedMember(target);
    return {
      changes: updated('member', target, after),
      audit: [memberEvent('sso-identity.unlink', after, `unlinked the identity of ${after.email}`)],
      result: { identity, sessions },
    };
  },

  async persistSideEffects(tx, { result: { identity, sessions } }, { orgId }) {
    await endBindings(tx, orgId, identity.id, sessions);
    await removeIdentity(tx, orgId, identity.id);
  },
};
