import { memberEvent } from '../../../../domain/audit/audit.ts';
import { updated } from '../../../../domain/changes.ts';
import type { Command } from '../../../../write-path/command.ts';
import { endBindings } from '../../database/end-bindings.ts';
import { type EndedIdentity, type IdentityFacts, loadIdentity } from './load-identity.ts';

/** Ends the logins of a member's identity. The member has to link it again. */
export const markIdentityInvalid: Command<{ readonly member: string }, IdentityFacts, EndedIdentity> = {
  name: 'mark-identity-invalid',
  endsAccess: () => true,

  load: (tx, { member }, context) => loadIdentity(tx, member, context),

  decide(_input, { target, identity, sessions }, { refuseInvalid }) {
    refuseInvalid();
    const after = { ...target, flags: { ...target.flags, 'sso:invalid': true } };
    const changes = updated('member', target, after);
    const event = memberEvent('sso-identity.unlink', after, `marked the identity of ${after.email} as invalid`);
    return { changes, audit: changes.length === 0 ? [] : [event], result: { identity, sessions } };
  },

  persistSideEffects: (tx, { result: { identity, sessions } }, { orgId }) => endBindings(tx, orgId, identity.id, sessions),
};
