import { findDefaultOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { addMember } from '../../write-path/commands/members/add-member.ts';
import { runCommand } from '../../write-path/run-command.ts';
import type { Services } from '../services.ts';
import { operator } from './operator-route.ts';

/**
 * In single-organization mode, new users join the only organization, with its default role (REST
 * contract 14).
 */
export async function joinDefaultOrganization(services: Services, userId: string, requestId: string): Promise<void> {
  const orgId = await findDefaultOrganization(services.db, services.defaultOrganization);
  if (orgId === null) return;
  await runCommand(services.writePath, addMember, {
    orgId,
    actor: operator,
    input: { userId, orgRole: null, teams: null },
    requestId,
    respond: async () => ({ status: 201 }),
  });
}
