import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { hashToken } from '../../../../runtime/secrets/hash-token.ts';
import {
  type Directory,
  type DirectoryConnection,
  DirectoryError,
  type ExternalGroup,
  type ExternalPerson,
  type Notice,
  type OpenDirectory,
  type RawNotice,
} from '../../directories/directory.ts';
import { parseNoticeBody } from '../../directories/notice-body.ts';
import type { GitLabApi, GitLabClient } from './gitlab-client.ts';
import { directoryErrorOf } from './gitlab-errors.ts';
import { findMaintainedGroup } from './gitlab-groups.ts';
import { hookTokenSecret } from './gitlab-hooks.ts';
import { storedToken } from './gitlab-tokens.ts';

const pageSize = 100;
/** The events of GitLab after which a group is read again. */
const readAfter: ReadonlySet<unknown> = new Set([
  ...['user_add_to_group', 'user_remove_from_group', 'user_update_for_group'],
  ...['subgroup_create', 'subgroup_destroy'],
]);
/** GitLab's ids are UUIDs. */
const noticeIdLengthMax = 100;

/**
 * The people and subgroups of a GitLab group, read with the token of the person who connected it.
 */
export class GitLabDirectory implements Directory {
  readonly #client: GitLabClient;

  constructor(client: GitLabClient) {
    this.#client = client;
  }

  async open(connection: DirectoryConnection, signal: AbortSignal): Promise<OpenDirectory> {
    try {
      const api = this.#client.api(storedToken(this.#client, connection), signal);
      // Someone with a lower role sees a part of the people only, which would look as if the
      // others had left.
      const group = await findMaintainedGroup(api, connection.externalId);
      if (!group) throw new DirectoryError('disconnected', 'The person who connected the GitLab group no longer maintains it.');
      return new OpenGitLabGroup(api, group);
    } catch (error) {
      throw directoryErrorOf(error);
    }
  }

  async parseNotice({ body, header, connection }: RawNotice): Promise<Notice | null> {
    const expected = connection?.secrets[hookTokenSecret];
    const id = header('idempotency-key') || header('x-gitlab-event-uuid');
    if (!expected || !isEqual(header('x-gitlab-token') ?? '', expected)) return null;
    if (!id || id.length > noticeIdLengthMax) return null;
    // The events that matter have `event_name`. Those of projects have `object_kind`.
    const { event_name } = parseNoticeBody(body);
    return { id, externalId: readAfter.has(event_name) ? connection.externalId : null };
  }
}

function isEqual(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(given)), Buffer.from(hashToken(expected)));
}

const membersShape = z.array(z.object({ id: z.int(), username: z.string(), state: z.string() }));
const groupsShape = z.array(z.object({ id: z.int(), full_path: z.string() }));

class OpenGitLabGroup implements OpenDirectory {
  readonly name: string;
  readonly #id: string;
  readonly #api: GitLabApi;

  constructor(api: GitLabApi, { id, path }: { readonly id: string; readonly path: string }) {
    this.#api = api;
    this.#id = id;
    this.name = path;
  }

  /** The people of the group and of all its subgroups. */
  async readPeople(): Promise<readonly ExternalPerson[]> {
    const people = new Map<string, ExternalPerson>();
    for (const id of [this.#id, ...(await this.readGroups()).map((group) => group.id)])
      for (const person of await this.#readMembers(id)) people.set(person.id, person);
    return [...people.values()];
  }

  async readGroups(): Promise<readonly ExternalGroup[]> {
    const found = await this.#read(groupsShape, () => this.#api.groups.allDescendantGroups(this.#id, { perPage: pageSize }));
    return found.map(({ id, full_path }) => ({ id: String(id), name: full_path }));
  }

  readGroupMembers({ id }: ExternalGroup): Promise<readonly ExternalPerson[]> {
    return this.#readMembers(id);
  }

  /**
   * Includes the members of the groups above, and of groups that were invited. Accounts that are
   * blocked or deactivated are left out.
   */
  async #readMembers(groupId: string): Promise<ExternalPerson[]> {
    const found = await this.#read(membersShape, () => this.#api.members.all(groupId, { includeInherited: true, perPage: pageSize }));
    return found.filter(({ state }) => state === 'active').map(({ id, username }) => ({ id: String(id), name: username }));
  }

  async #read<Shape extends z.ZodType>(shape: Shape, read: () => Promise<unknown>): Promise<z.output<Shape>> {
    try {
      return shape.parse(await read());
    } catch (error) {
      throw directoryErrorOf(error);
    }
  }
}
