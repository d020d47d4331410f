import { findDefaultOrganization } from '../../read-path/queries/organizations/find-organization.ts';
import { addNewUser } from '../../write-path/commands/members/add-new-user.ts';
import { runCommand } from '../../write-path/run-command.ts';
import { againIfTaken, createUser } from '../../write-path/users/create-user.ts';
import type { NewUser } from '../../write-path/users/insert-user.ts';
import type { Services } from '../services.ts';
import type { OperatorRequest } from './operator-route.ts';

/**
 * Creates a user and returns their id. In single-organization mode, the user joins the only
 * organization, with its default role (REST contract 14).
 * @throws OrgError as `createUser`
 */
export async function addUser(
  services: Services,
  user: NewUser,
  { operator, writeContext: { requestId } }: OperatorRequest,
): Promise<string> {
  const { db, singleOrganization, defaultOrganization, writePath } = services;
  const orgId = singleOrganization ? await findDefaultOrganization(db, defaultOrganization) : null;
  if (orgId === null) return createUser(writePath, 'operator', user);
  const { response } = await againIfTaken(() =>
    runCommand(writePath, addNewUser, {
      orgId,
      actor: operator,
      input: user,
      requestId,
      respond: async (_tx, member) => ({ status: 201, body: member.user!.id }),
    }),
  );
  return response.body as string;
}
