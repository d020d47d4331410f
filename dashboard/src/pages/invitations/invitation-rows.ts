import type { MemberRecord, OrganizationState, TeamRecord } from '@rollcall/client';
import { foldText, isInvitation, wordsTest } from '@rollcall/react/parts';

export interface InvitationRow {
  readonly id: string;
  readonly invite: MemberRecord;
  readonly teams: readonly TeamRecord[];
  readonly isRequest: boolean;
}

export type InvitationFilter = 'all' | 'requests' | 'open' | 'expired' | 'own';

type Lists = Pick<OrganizationState, 'invites' | 'teams' | 'teamMembers'>;

/** Requests first, then the newest. */
export function invitationRowsOf({ invites, teams, teamMembers }: Lists): readonly InvitationRow[] {
  const teamById = new Map(teams.map((team) => [team.id, team]));
  const inviteIds = new Set(invites.map(({ id }) => id));
  const teamsOf = new Map<string, TeamRecord[]>();
  for (const { memberId, teamId } of teamMembers) {
    const team = teamById.get(teamId);
    if (team && inviteIds.has(memberId)) teamsOf.set(memberId, [...(teamsOf.get(memberId) ?? []), team]);
  }
  const rows = invites.filter(isInvitation).map<InvitationRow>((invite) => ({
    id: invite.id,
    invite,
    teams: teamsOf.get(invite.id) ?? [],
    isRequest: invite.inviteStatus !== 'approved',
  }));
  return rows.toSorted((a, b) => Number(b.isRequest) - Number(a.isRequest) || (a.invite.dateCreated < b.invite.dateCreated ? 1 : -1));
}

export function isExpired({ inviteExpiresAt }: MemberRecord, now: number): boolean {
  return inviteExpiresAt !== null && Date.parse(inviteExpiresAt) <= now;
}

interface Wanted {
  readonly text: string;
  readonly filter: InvitationFilter;
  readonly userId: string;
  readonly now: number;
}

export function filterInvitations(rows: readonly InvitationRow[], { text, filter, userId, now }: Wanted): readonly InvitationRow[] {
  const hasWords = wordsTest(text);
  return rows.filter(({ invite, isRequest }) => {
    if (!hasWords(foldText(`${invite.email ?? ''}\n${invite.name}\n${invite.inviterName ?? ''}`))) return false;
    if (filter === 'requests') return isRequest;
    if (filter === 'open') return !isRequest && !isExpired(invite, now);
    if (filter === 'expired') return !isRequest && isExpired(invite, now);
    if (filter === 'own') return invite.inviterId === userId;
    return true;
  });
}
