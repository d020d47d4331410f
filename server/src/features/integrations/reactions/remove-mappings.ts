import { readExternalTeamsOf, readExternalUsersOf } from '../../../database/outlets/mappings.ts';
import { reaction } from '../../../write-path/reaction.ts';
import { removedMappings, removedParents } from '../domain/removed-mappings.ts';

/** Removes the mappings of removed members, teams and integrations. */
export const removeMappings = reaction({
  subjectsOf: removedParents,
  async load(tx, orgId, parents) {
    const [users, teams] = await Promise.all([readExternalUsersOf(tx, orgId, parents), readExternalTeamsOf(tx, orgId, parents)]);
    return { users, teams };
  },
  decide: removedMappings,
});
