import {
  type ListedOrganization,
  type MemberRecord,
  type OrganizationViewer,
  type OrgFlags,
  type OrgSettings,
  orgFlagNames,
  orgSettingNames,
} from '@rollcall/protocol';
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react';
import type { OrganizationEvents } from '../events.ts';
import type { LocalDecision, LocalOn, LocalWho } from '../local-can.ts';
import type { ScopeName } from '../scope-name.ts';
import { emptyState, type OrganizationState } from '../state-view.ts';
import { type ClientStatus, initialClientStatus, initialOrganizationStatus, type OrganizationStatus } from '../status.ts';
import { hydratedNow, useClient, useOrganization, useProvided, useUserId } from './providers.ts';
import { isShallowEqual, useSelector } from './use-selector.ts';

/**
 * A part of the organization's state. Renders again only when that part changed. Values of the
 * state are compared by identity, and new values that `selector` creates one level deep.
 */
export function useOrganizationState<T>(selector: (state: OrganizationState) => T, isEqual: (a: T, b: T) => boolean = isShallowEqual): T {
  const provided = useProvided();
  const { handle, hydrated } = provided;
  return useSelector({
    subscribe: handle.subscribe,
    from: () => hydratedNow(provided)?.state ?? handle.state,
    initial: hydrated?.state ?? emptyState,
    selector,
    selectorKey: selector,
    isEqual,
  });
}

const partOf =
  <Name extends keyof OrganizationState>(name: Name) =>
  (state: OrganizationState): OrganizationState[Name] =>
    state[name];

/** Reads one list of the state, sorted by id. */
function useList<Name extends keyof OrganizationState>(selector: (state: OrganizationState) => OrganizationState[Name]) {
  return useOrganizationState(selector, Object.is);
}

const selectors = {
  organization: partOf('organization'),
  members: partOf('members'),
  invites: partOf('invites'),
  teams: partOf('teams'),
  teamMembers: partOf('teamMembers'),
  projects: partOf('projects'),
  projectTeams: partOf('projectTeams'),
  projectKeys: partOf('projectKeys'),
  projectSettings: partOf('projectSettings'),
  accessRequests: partOf('accessRequests'),
  tokens: partOf('tokens'),
  audit: partOf('audit'),
  authProviders: partOf('authProviders'),
  ipAllowLists: partOf('ipAllowLists'),
  verifiedDomains: partOf('verifiedDomains'),
  retentions: partOf('retentions'),
  webhooks: partOf('webhooks'),
  integrations: partOf('integrations'),
  externalUsers: partOf('externalUsers'),
  externalTeams: partOf('externalTeams'),
};

/** Name, slug, status, flags and settings. Null before the first snapshot. */
export const useOrganizationRecord = () => useList<'organization'>(selectors.organization);
export const useMembers = () => useList<'members'>(selectors.members);
/** Members without a user yet: invited, or asking to be (`inviteStatus`). */
export const useInvites = () => useList<'invites'>(selectors.invites);
export const useTeams = () => useList<'teams'>(selectors.teams);
export const useTeamMembers = () => useList<'teamMembers'>(selectors.teamMembers);
export const useProjects = () => useList<'projects'>(selectors.projects);
export const useProjectTeams = () => useList<'projectTeams'>(selectors.projectTeams);
export const useProjectKeys = () => useList<'projectKeys'>(selectors.projectKeys);
/** The settings of projects in which any was ever changed, see `defaultProjectSettings`. */
export const useProjectSettings = () => useList<'projectSettings'>(selectors.projectSettings);
/** Requests to join a team. */
export const useAccessRequests = () => useList<'accessRequests'>(selectors.accessRequests);
export const useTokens = () => useList<'tokens'>(selectors.tokens);
/** The newest entries, oldest first. */
export const useAudit = () => useList<'audit'>(selectors.audit);
/** At most one. */
export const useAuthProviders = () => useList<'authProviders'>(selectors.authProviders);
/** At most one. */
export const useIpAllowLists = () => useList<'ipAllowLists'>(selectors.ipAllowLists);
export const useVerifiedDomains = () => useList<'verifiedDomains'>(selectors.verifiedDomains);
/** At most one. Without it, the organization has `defaultRetention`. */
export const useRetentions = () => useList<'retentions'>(selectors.retentions);
export const useWebhooks = () => useList<'webhooks'>(selectors.webhooks);
export const useIntegrations = () => useList<'integrations'>(selectors.integrations);
/** People at providers, mapped to members. */
export const useExternalUsers = () => useList<'externalUsers'>(selectors.externalUsers);
/** Teams at providers, mapped to teams. */
export const useExternalTeams = () => useList<'externalTeams'>(selectors.externalTeams);

function pickFrom<Name extends string>(names: readonly Name[]) {
  return ({ organization }: OrganizationState) =>
    organization &&
    Object.fromEntries(names.flatMap((name) => (name in organization ? [[name, organization[name as keyof typeof organization]]] : [])));
}
const flagsOf = pickFrom(orgFlagNames);
const settingsOf = pickFrom(orgSettingNames);

/** Null before the first snapshot. */
export function useFlags(): OrgFlags | null {
  return useOrganizationState(flagsOf) as OrgFlags | null;
}

/** Null before the first snapshot. Settings that the caller may not see are absent. */
export function useSettings(): Partial<OrgSettings> | null {
  return useOrganizationState(settingsOf) as Partial<OrgSettings> | null;
}

/** The member record of the provider's `userId`, or null if they are not a member. */
export function useMe(): MemberRecord | null {
  const userId = useUserId();
  return useOrganizationState(({ members }) => (userId === null ? null : (members.find(({ user }) => user?.id === userId) ?? null)));
}

/** Phase, freshness and the progress of loading. Also renders for each revision. */
export function useStatus(): OrganizationStatus {
  const org = useOrganization();
  return useSelector({
    subscribe: org.subscribe,
    from: () => org.status,
    initial: initialOrganizationStatus,
    selector: (status) => status,
    selectorKey: org,
    isEqual: Object.is,
  });
}

/**
 * The status of the connection. `closed` is permanent: create a new client after the next login.
 */
export function useClientStatus(): ClientStatus {
  const client = useClient();
  return useSelector({
    subscribe: client.subscribe,
    from: () => client.status,
    initial: initialClientStatus,
    selector: (status) => status,
    selectorKey: client,
    isEqual: Object.is,
  });
}

const noOrganizations: readonly ListedOrganization[] = Object.freeze([]);

/**
 * The organizations to which the user belongs, by slug, live. Empty until they are known:
 * `client.organizations.isLive`.
 */
export function useOrganizations(): readonly ListedOrganization[] {
  const { organizations } = useClient();
  return useSelector({
    subscribe: organizations.subscribe,
    from: () => organizations.list,
    initial: noOrganizations,
    selector: (list) => list,
    selectorKey: organizations,
    isEqual: Object.is,
  });
}

const noViewers: readonly OrganizationViewer[] = Object.freeze([]);

/**
 * The current viewers of the organization, including this user. While mounted, it also shows this
 * user as a viewer, on `page` if given.
 */
export function usePresence(page?: string): readonly OrganizationViewer[] {
  const org = useOrganization();
  // Changes when the handle moves to the subscription of another name of the organization.
  const getPresence = () => org.presence;
  const presence = useSyncExternalStore(org.subscribe, getPresence, getPresence);
  useEffect(() => presence.show(page), [presence, page]);
  return useSelector({
    subscribe: presence.subscribe,
    from: () => presence.list,
    initial: noViewers,
    selector: (list) => list,
    selectorKey: presence,
    isEqual: Object.is,
  });
}

/** Matches no user. Used until the `userId` is known. */
const noUser: LocalWho = { userId: '' };

/**
 * Whether the user has `scope` (any one of several) in the organization, or on a team or project.
 * `who` defaults to the provider's `userId`. Renders again when the decision changes, not for each
 * revision.
 */
export function useCan(scope: ScopeName | readonly ScopeName[], on?: LocalOn, who?: LocalWho): LocalDecision {
  const provided = useProvided();
  const { handle: org, hydrated } = provided;
  const userId = useUserId();
  const subject = who ?? (userId === null ? noUser : { userId });
  return useSelector<OrganizationStatus, LocalDecision>({
    subscribe: org.subscribe,
    from: () => org.status,
    initial: initialOrganizationStatus,
    selector: (status) => {
      const isInitial = status === initialOrganizationStatus;
      const early = isInitial ? hydrated : hydratedNow(provided);
      if (early) return early.can(org.whenStale, subject, scope, on);
      return isInitial ? notYet : org.can(subject, scope, on);
    },
    selectorKey: JSON.stringify([org.id, hydrated?.state.revision, scope, on, subject]),
    isEqual: (a, b) => a.allowed === b.allowed && a.why === b.why && a.fresh === b.fresh,
  });
}

const notYet: LocalDecision = { allowed: false, why: 'no-copy', revision: null, fresh: false };

export interface CanProps {
  readonly scope: ScopeName | readonly ScopeName[];
  readonly on?: LocalOn;
  readonly who?: LocalWho;
  readonly children?: ReactNode;
  /** Shown to users without the scope. Defaults to nothing. */
  readonly fallback?: ReactNode;
}

/** Shows its children to users with the scope, and the fallback to others. */
export function Can({ scope, on, who, children, fallback = null }: CanProps): ReactNode {
  return useCan(scope, on, who).allowed ? children : fallback;
}

/**
 * Calls `listener` for the organization's events while mounted. The listener of the last render is
 * called.
 */
export function useOrganizationEvent<Name extends keyof OrganizationEvents>(
  name: Name,
  listener: (event: OrganizationEvents[Name]) => void,
): void {
  const org = useOrganization();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => org.on(name, (event) => latest.current(event)), [org, name]);
}
