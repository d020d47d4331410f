import type { OrgState } from '@rollcall/protocol';
import { forbidden, notFound } from '../../../../domain/authorize.ts';
import { updated } from '../../../../domain/changes.ts';
import type { Command } from '../../../../write-path/command.ts';
import { loadActorState } from '../../../../write-path/load-state.ts';
import { authProviderEdited, organizationWithProvider } from '../../domain/auth-provider.ts';

/** Ends the requirement of single sign-on, for the operator (REST contract 13.5). */
export const endRequirement: Command<null, OrgState, null> = {
  name: 'end-requirement',

  load: (tx, _input, { orgId, actor }) => loadActorState(tx, orgId, actor),

  decide(_input, { authProvider: before, organization }, { actor }) {
    if (actor.kind !== 'operator') throw forbidden();
    if (!before) throw notFound();
    const after = { ...before, requireLink: false };
    return {
      changes: [
        ...updated('auth-provider', before, after),
        ...updated('organization', organization!, organizationWithProvider(organization!, after)),
      ],
      audit: authProviderEdited(before, after, false),
      result: null,
    };
  },
};
