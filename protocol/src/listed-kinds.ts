import type { RecordKind, RecordOfKind } from './record-kinds.ts';

interface ListedKindFacts {
  /** The kind's list in the state of an organization. */
  readonly list: string;
  /** The names of its events. Null for a change that doesn't occur. */
  readonly added: string;
  readonly changed: string | null;
  readonly removed: string;
}

/**
 * The kinds whose records are simply added, changed and removed. The organization and members have
 * more kinds of events.
 */
export const listedKinds = {
  team: { list: 'teams', added: 'team.created', changed: 'team.updated', removed: 'team.removed' },
  'team-member': { list: 'teamMembers', added: 'team.memberJoined', changed: 'team.memberRoleChanged', removed: 'team.memberLeft' },
  project: { list: 'projects', added: 'project.created', changed: 'project.updated', removed: 'project.removed' },
  'project-team': { list: 'projectTeams', added: 'project.assigned', changed: null, removed: 'project.unassigned' },
  'project-key': { list: 'projectKeys', added: 'projectKey.created', changed: 'projectKey.updated', removed: 'projectKey.removed' },
  'project-settings': {
    list: 'projectSettings',
    added: 'projectSettings.created',
    changed: 'projectSettings.updated',
    removed: 'projectSettings.removed',
  },
  'auth-token': { list: 'tokens', added: 'token.created', changed: 'token.updated', removed: 'token.removed' },
  'audit-entry': { list: 'audit', added: 'audit.recorded', changed: null, removed: 'audit.retired' },
  'access-request': { list: 'accessRequests', added: 'accessRequest.created', changed: null, removed: 'accessRequest.settled' },
  'auth-provider': {
    list: 'authProviders',
    added: 'authProvider.created',
    changed: 'authProvider.updated',
    removed: 'authProvider.removed',
  },
  'ip-allow-list': { list: 'ipAllowLists', added: 'ipAllowList.created', changed: 'ipAllowList.updated', removed: 'ipAllowList.removed' },
  'verified-domain': {
    list: 'verifiedDomains',
    added: 'verifiedDomain.created',
    changed: 'verifiedDomain.updated',
    removed: 'verifiedDomain.removed',
  },
  // An organization without the record has the default settings, so every change has one name.
  retention: { list: 'retentions', added: 'retention.changed', changed: 'retention.changed', removed: 'retention.changed' },
  webhook: { list: 'webhooks', added: 'webhook.created', changed: 'webhook.updated', removed: 'webhook.removed' },
  integration: { list: 'integrations', added: 'integration.created', changed: 'integration.updated', removed: 'integration.removed' },
  'external-user': {
    list: 'externalUsers',
    added: 'externalUser.created',
    changed: 'externalUser.updated',
    removed: 'externalUser.removed',
  },
  'external-team': {
    list: 'externalTeams',
    added: 'externalTeam.created',
    changed: 'externalTeam.updated',
    removed: 'externalTeam.removed',
  },
  'external-id': { list: 'externalIds', added: 'externalId.created', changed: 'externalId.updated', removed: 'externalId.removed' },
} as const satisfies Readonly<Record<Exclude<RecordKind, 'organization' | 'member'>, ListedKindFacts>>;

type ListedKinds = typeof listedKinds;
export type ListedKind = keyof ListedKinds;

export type RecordLists = { readonly [Kind in ListedKind as ListedKinds[Kind]['list']]: readonly RecordOfKind[Kind][] };

export type AddedRecords = { [Kind in ListedKind as ListedKinds[Kind]['added']]: RecordOfKind[Kind] };
export type ChangedRecords = { [Kind in ListedKind as NonNullable<ListedKinds[Kind]['changed']>]: RecordOfKind[Kind] };
export type RemovedRecords = { [Kind in ListedKind as ListedKinds[Kind]['removed']]: RecordOfKind[Kind] };

/** Null for the other kinds, and for kinds that this version doesn't know. */
export function listedKind(kind: string): ListedKinds[ListedKind] | null {
  return Object.hasOwn(listedKinds, kind) ? listedKinds[kind as ListedKind] : null;
}
