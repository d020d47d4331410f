import type { OrganizationState } from '@rollcall/client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import { personIdOf } from '../../live/person-id.ts';
import { administersSome, type Viewer } from '../members/member-powers.ts';

/** Somebody waits for a place on a team that one may give. */
export interface WaitingRequest {
  readonly id: string;
  readonly memberId: string;
  /** For their avatar: see `personIdOf`. */
  readonly personId: string;
  readonly memberName: string;
  readonly teamId: string;
  readonly teamSlug: string;
  /** Who asked, where it was somebody else. */
  readonly requesterName: string | null;
}

/** The live state tells those who decide in the whole organization; those who do for their own teams ask, now and then. */
const askAgainMs = 30_000;

export function useAccessRequests(viewer: Viewer) {
  const { allowed: decidesForAll } = useCan(['org:write', 'org:admin', 'member:write', 'member:admin']);
  const live = useOrgState((state) => state.accessRequests);
  const members = useOrgState((state) => state.members);
  const teams = useOrgState((state) => state.teams);
  const asked = useAskedRequests(!decidesForAll && administersSome(viewer));
  const fromState = useMemo(() => describe({ accessRequests: live, members, teams }), [live, members, teams]);
  return decidesForAll ? { requests: fromState, refresh: asked.refresh } : asked;
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

/** Over REST: when the page opens, when teams change, when one comes back to it, and every so often. */
function useAskedRequests(isWanted: boolean) {
  const org = useOrganization();
  const places = useOrgState((state) => state.teamMembers);
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: who is on a team is a reason to ask again.
  useEffect(() => {
    if (!isWanted) return setRequests(none);
    // Whether the server is away, the pill says.
    const ask = () => void (document.visibilityState === 'visible' && refresh().catch(() => {}));
    ask();
    const timer = setInterval(ask, askAgainMs);
    document.addEventListener('visibilitychange', ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [isWanted, refresh, places]);
  return { requests, refresh };
}
