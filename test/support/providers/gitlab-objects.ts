import type {
  CondensedMemberSchema,
  ExpandedGroupSchema,
  ExpandedUserSchema,
  GroupHookSchema,
  GroupSchema,
  MemberSchema,
  SimpleMemberSchema,
  WebhookGroupMemberEventSchema,
  WebhookSubGroupEventSchema,
} from '@gitbeaker/rest';
import type { GitLabUser, StandInGroup } from './gitlab.ts';

/** The responses of the stand-in, in the types of GitLab's client. */

const at = '2026-01-02T03:04:05.678Z';

export function groupAnswer({ id, path, parentId }: StandInGroup): GroupSchema {
  const name = path.split('/').at(-1)!;
  return {
    ...{ id, name, path: name, full_name: path.replaceAll('/', ' / '), full_path: path, parent_id: parentId as number },
    ...{ web_url: `https://gitlab.example/groups/${path}`, avatar_url: null, description: '', visibility: 'private', created_at: at },
    ...{ share_with_group_lock: false, require_two_factor_authentication: false, two_factor_grace_period: 48 },
    ...{ project_creation_level: 'developer', subgroup_creation_level: 'maintainer', lfs_enabled: true },
    ...{ default_branch_protection: 2, request_access_enabled: true },
  } satisfies GroupSchema;
}

export function expandedGroupAnswer(group: StandInGroup): ExpandedGroupSchema {
  return { ...groupAnswer(group), runners_token: '', file_template_project_id: 0, shared_with_groups: [] };
}

export function memberAnswer(user: GitLabUser, level: number): Omit<MemberSchema, 'group_saml_identity'> {
  return {
    ...condensed(user),
    expires_at: null as unknown as string,
    access_level: level as SimpleMemberSchema['access_level'],
    email: '',
  };
}

function condensed({ id, username, state }: GitLabUser): CondensedMemberSchema {
  return { id, username, name: username, state, avatar_url: '', web_url: `https://gitlab.example/${username}` };
}

export function userAnswer(user: GitLabUser): Pick<ExpandedUserSchema, 'id' | 'username' | 'name' | 'state' | 'web_url' | 'email'> {
  return { ...condensed(user), email: `${user.username}@gitlab.example` };
}

export function hookAnswer(id: number, groupId: number, url: string) {
  return {
    ...{ id, url, groupId, created_at: at, push_events: false, subgroup_events: true, enable_ssl_verification: true },
    ...{ tag_push_events: false, merge_requests_events: false, repository_update_events: false, push_events_branch_filter: '' },
    ...{ issues_events: false, confidential_issues_events: false, note_events: false, confidential_note_events: false },
    ...{ job_events: false, pipeline_events: false, wiki_page_events: false, deployment_events: false, releases_events: false },
    ...{ alert_status: 'executable', url_variables: [] },
  } satisfies GroupHookSchema;
}

type MemberEvent = WebhookGroupMemberEventSchema['event_name'] | 'user_add_to_group';

/** GitLab's documented samples. The types of its client leave out `user_add_to_group`. */
export function memberNotice(event: MemberEvent, group: StandInGroup, user: GitLabUser): string {
  const notice = {
    ...{ created_at: '2020-12-11T04:57:22Z', updated_at: '2020-12-11T04:57:22Z' },
    ...{ group_name: group.path, group_path: group.path, group_id: group.id, group_access: 'Guest', group_plan: null },
    ...{ user_username: user.username, user_name: user.username, user_email: `${user.username}@gitlab.example`, user_id: user.id },
    expires_at: '2020-12-14T00:00:00Z',
  } satisfies Omit<WebhookGroupMemberEventSchema, 'event_name'>;
  return JSON.stringify({ ...notice, event_name: event });
}

export function subgroupNotice(event: WebhookSubGroupEventSchema['event_name'], parent: StandInGroup, id: number): string {
  const notice = {
    ...{ created_at: '2021-01-20T09:40:12Z', updated_at: '2021-01-20T09:40:12Z', event_name: event, name: 'sub', path: 'sub' },
    ...{ full_path: `${parent.path}/sub`, group_id: id, parent_group_id: parent.id, parent_name: parent.path, parent_path: parent.path },
  };
  return JSON.stringify(notice satisfies Partial<WebhookSubGroupEventSchema>);
}
