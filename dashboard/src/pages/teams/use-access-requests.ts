import type { OrganizationState } from '@rollcall/client';
import { personIdOf } from '@rollcall/react/parts';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import { administersSome, type MemberViewer } from '../members/member-permissions.ts';

/** A request to join a team that the viewer can approve. */
export interface WaitingRequest {
  readonly id: string;
  readonly memberId: string;
  /** The id for the avatar: see `personIdOf`. */
  readonly personId: string;
  readonly memberName: string;
  readonly teamId: string;
  readonly teamSlug: string;
  /** The member who sent the request, if it was not the person themselves. */
  readonly requesterName: string | null;
}

/**
 * Interval at which admins of single teams read the requests. Viewers who decide for the whole
 * organization have them in the live state.
 */
const pollMs = 30_000;

export function useAccessRequests(viewer: MemberViewer) {
  const { allowed: decidesForAll } = useCan(['org:write', 'org:admin', 'member:write', 'member:admin']);
  const live = useOrgState((state) => state.accessRequests);
  const members = useOrgState((state) => state.members);
  const teams = useOrgState((state) => state.teams);
  const requested = usePolledRequests(!decidesForAll && administersSome(viewer));
  const fromState = useMemo(() => describe({ accessRequests: live, members, teams }), [live, members, teams]);
  return decidesForAll ? { requests: fromState, refresh: requested.refresh } : requested;
}

type Lists = Pick<OrganizationState, 'accessRequests' | 'members' | 'teams'>;

function describe({ accessRequests, members, teams }: Lists): readonly WaitingRequest[] {
  return accessRequests.flatMap(({ id, memberId, teamId, requesterId }) => {
    const member = members.find((one) => one.id === memberId);
    const team = teams.find((one) => one.id === teamId);
    if (!member || !team) return [];
    const requester = requesterId === null ? undefined : members.find(({ user }) => user?.id === requesterId);
    return [
      {
        id,
        memberId,
        personId: personIdOf(member),
        memberName: member.name,
        teamId,
        teamSlug: team.slug,
        requesterName: requester?.name ?? null,
      },
    ];
  });
}

const none: readonly WaitingRequest[] = [];

/**
 * The requests over REST, read when the page opens or becomes visible, when teams change, and at an
 * interval.
 */
function usePolledRequests(isWanted: boolean) {
  const org = useOrganization();
  const memberships = useOrgState((state) => state.teamMembers);
  const [requests, setRequests] = useState(none);
  const refresh = useCallback(async () => {
    const rows = await org.read.accessRequests();
    setRequests(
      rows.map(({ id, member, team, requester }) => ({
        id,
        memberId: member.id,
        personId: personIdOf(member),
        memberName: member.name,
        teamId: team.id,
        teamSlug: team.slug,
        requesterName: requester?.name ?? null,
      })),
    );
  }, [org]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new members trigger a read
  useEffect(() => {
    if (!isWanted) return setRequests(none);
    // Errors are not shown: the status pill shows when the server is unreachable.
    const poll = () => void (document.visibilityState === 'visible' && refresh().catch(() => {}));
    poll();
    const timer = setInterval(poll, pollMs);
    document.addEventListener('visibilitychange', poll);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', poll);
    };
  }, [isWanted, refresh, memberships]);
  return { requests, refresh };
}
