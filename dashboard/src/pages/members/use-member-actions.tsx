import {
  type CommandResult,
  effectiveTeamRole,
  type MemberRecord,
  type OrgRoleId,
  orgRoles,
  type TeamRecord,
  type TeamRoleId,
  teamRoles,
} from '@rollcall/client';
import { isInvitation, saveUnlessChanged } from '@rollcall/react/parts';
import { type ReactNode, useMemo, useState } from 'react';
import { describeEnded, receiptMsMax } from '../../bulk/describe-ended.ts';
import { useToasts } from '../../kit/toast-context.ts';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { roleWithArticle } from '../../live/role-with-article.ts';
import { useEdit } from '../../live/use-edit.tsx';
import { useUndo } from '../../live/use-undo.ts';

/** Actions on a member. Errors are shown, and the promises resolve afterwards. */
export interface MemberActions {
  /** `base` is the role that the user saw before. */
  changeRole(member: MemberRecord, base: OrgRoleId, role: OrgRoleId): Promise<unknown>;
  setTeamRole(member: MemberRecord, team: TeamRecord, role: TeamRoleId): Promise<unknown>;
  addToTeam(member: MemberRecord, team: TeamRecord): Promise<unknown>;
  removeFromTeam(member: MemberRecord, team: TeamRecord): Promise<unknown>;
  /**
   * Hides the member immediately and removes them after some seconds, unless the user undoes it.
   */
  remove(member: MemberRecord): void;
}

interface Actions {
  readonly actions: MemberActions;
  /** The members who are about to be removed. */
  readonly hiddenIds: ReadonlySet<string>;
  /** The dialogs of the actions. The component must render them. */
  readonly dialogs: ReactNode;
}

const keysOf = ({ id }: MemberRecord) => [`member:${id}`];
const ignore = () => {};

export function useMemberActions(): Actions {
  const org = useOrganization();
  const toasts = useToasts();
  const { run, runUndoable } = useCommands();
  const undo = useUndo();
  const { saveEdit, conflict } = useEdit();
  const [hiddenIds, setHiddenIds] = useState<ReadonlySet<string>>(new Set());

  const actions = useMemo<MemberActions>(() => {
    const roleOf = (id: string) => [...org.state.members, ...org.state.invites].find((one) => one.id === id)?.orgRole ?? null;
    const show = (id: string) => setHiddenIds((before) => new Set([...before].filter((one) => one !== id)));
    const undoRole = (member: MemberRecord, from: OrgRoleId, to: OrgRoleId): Promise<CommandResult<unknown>> =>
      saveUnlessChanged({
        org,
        base: from,
        read: () => roleOf(member.id),
        save: (options) => org.changeMemberRole(member.id, to, options),
      });
    const teamRoleOf = (member: MemberRecord, team: TeamRecord) => {
      const membership = org.state.teamMembers.find(({ memberId, teamId }) => memberId === member.id && teamId === team.id);
      return membership ? effectiveTeamRole(membership.teamRole, member.orgRole) : null;
    };
    return {
      async changeRole(member, base, role) {
        const isSaved = await saveEdit<OrgRoleId | null>({
          what: `The role of ${member.name}`,
          base,
          mine: role,
          keys: keysOf(member),
          read: () => roleOf(member.id),
          save: (mine, options) => org.changeMemberRole(member.id, mine!, options),
          show: (value) => (value === null ? 'Removed' : orgRoles[value].name),
        }).catch(ignore);
        if (!isSaved) return;
        undo.offer({
          text: `${member.name} is now ${roleWithArticle(role)}`,
          send: () => undoRole(member, role, base),
          keys: keysOf(member),
          undone: `${member.name} is ${roleWithArticle(base)} again`,
        });
      },
      async setTeamRole(member, team, role) {
        const before = teamRoleOf(member, team);
        const keys = [...keysOf(member), `team:${team.id}`];
        const text = `${member.name} is now ${teamRoles[role].name} of #${team.slug}`;
        const result = await run({ send: () => org.changeTeamRole(team.slug, member.id, role), keys }).catch(ignore);
        if (!result) return;
        if (before === null || before === role) return void toasts.show({ text });
        undo.offer({
          text,
          send: () => org.changeTeamRole(team.slug, member.id, before),
          keys,
          undone: `${member.name} is ${teamRoles[before].name} of #${team.slug} again`,
        });
      },
      addToTeam: (member, team) =>
        run({ send: () => org.addTeamMember(team.slug, member.id), keys: [...keysOf(member), `team:${team.id}`] })
          .then(({ status }) => {
            const isRequested = status === 202;
            toasts.show({
              text: isRequested ? `Approval requested to add ${member.name} to #${team.slug}` : `Added ${member.name} to #${team.slug}`,
            });
          })
          .catch(ignore),
      removeFromTeam: (member, team) =>
        run({
          send: () => org.removeTeamMember(team.slug, member.id),
          keys: [...keysOf(member), `team:${team.id}`],
          done: `Removed ${member.name} from #${team.slug}`,
        }).catch(ignore),
      remove(member) {
        setHiddenIds((before) => new Set([...before, member.id]));
        const invited = `${member.email ?? member.name}’s invitation`;
        runUndoable({
          doing: isInvitation(member) ? `${invited} ends` : `${member.name} loses access`,
          now: isInvitation(member) ? 'Revoke now' : 'Remove now',
          done: (_, applied) => (isInvitation(member) ? `Revoked ${invited}` : `Removed ${member.name}${describeEnded(applied)}`),
          send: () => org.removeMember(member.id, isInvitation(member) ? {} : { wait: receiptMsMax }),
          keys: keysOf(member),
          onUndo: () => show(member.id),
          onRefused: () => show(member.id),
        });
      },
    };
  }, [org, run, runUndoable, saveEdit, toasts, undo]);

  return { actions, hiddenIds, dialogs: conflict };
}
