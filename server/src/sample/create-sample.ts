import { randomBytes } from 'node:crypto';
import { type Actor, userActor } from '../domain/actor.ts';
import { hashPassword } from '../identity/passwords/passwords.ts';
import { digestToken, mintUserToken } from '../identity/tokens/tokens.ts';
import type { Command } from '../write-path/command.ts';
import { inviteMember } from '../write-path/commands/invites/invite-member.ts';
import { addMember } from '../write-path/commands/members/add-member.ts';
import { allocateOrganizationId } from '../write-path/commands/organizations/allocate-organization-id.ts';
import { createOrganization } from '../write-path/commands/organizations/create-organization.ts';
import { updateOrganization } from '../write-path/commands/organizations/update-organization.ts';
import { createProject } from '../write-path/commands/projects/create-project.ts';
import { createTeam } from '../write-path/commands/teams/create-team.ts';
import { runCommand, type WritePath } from '../write-path/run-command.ts';
import { createUser } from '../write-path/users/create-user.ts';
import { createUserToken } from '../write-path/users/tokens/create-user-token.ts';
import {
  type SamplePerson,
  sampleInvite,
  sampleName,
  sampleOwner,
  samplePeople,
  sampleProjects,
  sampleScopes,
  sampleSlug,
  sampleTeams,
} from './sample-content.ts';

export interface NewSample {
  readonly ownerEmail: string;
  readonly ownerId: string;
  /** The database contains only their hashes. */
  readonly secrets: { readonly password: string; readonly token: string };
  /** A member with the lowest role, for a first change of a role. */
  readonly promotable: { readonly memberId: string; readonly name: string };
}

/**
 * Creates the sample organization with the same commands that clients use, so that its log is real.
 */
export async function createSample(path: WritePath): Promise<NewSample> {
  // 128 bits, as 22 characters that can be typed.
  const password = randomBytes(16).toString('base64url');
  const ownerId = await createUser(path, 'sample', userOf(sampleOwner, await hashPassword(password)));
  const orgId = await allocateOrganizationId(path);
  const owner = userActor(ownerId);

  const run = async <Input, Facts, Result>(command: Command<Input, Facts, Result>, actor: Actor, input: Input): Promise<Result> => {
    const respond = async (_tx: unknown, result: Result) => ({ status: 200, body: result });
    const { response } = await runCommand(path, command, { orgId, actor, input, requestId: null, respond });
    return response.body as Result;
  };

  await run(createOrganization, owner, { name: sampleName, slug: sampleSlug, defaultTeam: false, ownerId });
  for (const slug of sampleTeams) await run(createTeam, owner, { name: null, slug, idpProvisioned: false });
  const memberIds: string[] = [];
  for (const { orgRole, teams, ...person } of samplePeople) {
    const userId = await createUser(path, 'sample', userOf(person, null));
    const input = { userId, orgRole, teams };
    memberIds.push((await run(addMember, { kind: 'system' }, input)).id);
  }
  for (const { name, platform, team } of sampleProjects) {
    await run(createProject, owner, { team, name, slug: null, platform });
  }
  await run(inviteMember, owner, {
    email: sampleInvite.email,
    role: { key: 'orgRole', value: sampleInvite.orgRole },
    teams: { key: 'teams', items: [{ slug: sampleInvite.team }] },
    sendInvite: false,
  });
  // In an organization with closed teams, the access rules have the most visible effects.
  await run(updateOrganization, owner, {
    values: { openMembership: false },
    slug: null,
    trustedRelays: null,
    ownersOnly: {},
  });
  const token = await createOwnerToken(path, ownerId);
  return {
    ownerEmail: sampleOwner.email,
    ownerId,
    secrets: { password, token },
    promotable: { memberId: memberIds[0]!, name: samplePeople[0]!.name },
  };
}

function userOf({ email, name }: Pick<SamplePerson, 'email' | 'name'>, passwordHash: string | null) {
  return { email, name, passwordHash, isActive: true };
}

async function createOwnerToken(path: WritePath, userId: string): Promise<string> {
  const token = mintUserToken();
  await createUserToken(path, {
    userId,
    credential: null,
    isNotified: false,
    name: 'sample',
    scopes: sampleScopes,
    token: digestToken(token),
    expiresAt: null,
    organizationId: null,
  });
  return token;
}
