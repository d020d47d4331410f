import { AccessLevel } from '@gitbeaker/rest';
import * as z from 'zod';
import type { ExternalPerson } from '../../directories/directory.ts';
import type { GitLabApi } from './gitlab-client.ts';
import { GitLabError } from './gitlab-errors.ts';

const pageSize = 100;
/** The groups of a choice. A list in a page is of no use with more. */
const choicesMax = 1_000;

const groupShape = z.object({ id: z.int(), full_path: z.string(), web_url: z.string() });

export interface GitLabGroup {
  readonly id: string;
  readonly path: string;
  /** `gitlab.com/groups/acme` */
  readonly domainName: string;
}

/**
 * The groups whose people the owner of the token may connect: those that they maintain or own.
 * @throws GitLabError or ZodError
 */
export async function readMaintainedGroups({ groups }: GitLabApi): Promise<GitLabGroup[]> {
  const found = await groups.all({
    ...{ minAccessLevel: AccessLevel.MAINTAINER, orderBy: 'name', sort: 'asc' },
    ...{ pagination: 'keyset', perPage: pageSize, maxPages: choicesMax / pageSize },
  });
  return z
    .array(groupShape)
    .parse(found)
    .map(groupOf)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The group, if the owner of the token maintains or owns it, in itself or in a group above. Null
 * otherwise: anyone can write the id of another group into a form, and sees public groups.
 * @throws GitLabError or ZodError
 */
export async function findMaintainedGroup({ groups, members, users }: GitLabApi, id: string): Promise<GitLabGroup | null> {
  try {
    const group = groupShape.parse(await groups.show(id));
    const user = z.object({ id: z.int() }).parse(await users.showCurrentUser());
    const member = await members.show(group.id, user.id, { includeInherited: true });
    const { access_level, state } = z.object({ access_level: z.int(), state: z.string() }).parse(member);
    return access_level >= AccessLevel.MAINTAINER && state === 'active' ? groupOf(group) : null;
  } catch (error) {
    if (error instanceof GitLabError && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
}

/**
 * The person who owns the token.
 * @throws GitLabError or ZodError
 */
export async function readOwner({ users }: GitLabApi): Promise<ExternalPerson> {
  const { id, username } = z.object({ id: z.int(), username: z.string() }).parse(await users.showCurrentUser());
  return { id: String(id), name: username };
}

function groupOf({ id, full_path: path, web_url: url }: z.output<typeof groupShape>): GitLabGroup {
  return { id: String(id), path, domainName: url.replace(/^https?:\/\//, '') };
}
