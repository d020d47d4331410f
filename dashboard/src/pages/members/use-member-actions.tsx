import { type MemberRecord, type OrgRoleId, orgRoles, type TeamRecord, type TeamRoleId, teamRoles } from '@rollcall/client';
import { type ReactNode, useMemo, useState } from 'react';
import { useToasts } from '../../kit/toasts.tsx';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { useEdit } from '../../live/use-edit.tsx';

/** What one can do to a member. Failures were told; promises say when it is done or refused. */
export interface MemberActions {
  /** `base` is the role that was seen when the choosing began. */
  changeRole(member: MemberRecord, base: OrgRoleId, role: OrgRoleId): Promise<unknown>;
  setTeamRole(member: MemberRecord, team: TeamRecord, role: TeamRoleId): Promise<unknown>;
  addToTeam(member: MemberRecord, team: TeamRecord): Promise<unknown>;
  removeFromTeam(member: MemberRecord, team: TeamRecord): Promise<unknown>;
  /** Gone from the list at once, from the organization after some seconds, unless it is undone. */
  remove(member: MemberRecord): void;
  leave(): Promise<unknown>;
}

interface Actions {
  readonly actions: MemberActions;
  /** Members who are as good as removed. */
  readonly hiddenIds: ReadonlySet<string>;
  readonly conflict: ReactNode;
}

const keysOf = ({ id }: MemberRecord) => [`member:${id}`];
const ignore = () => {};

export function useMemberActions(): Actions {
  const org = useOrganization();
  const toasts = useToasts();
  const { run, runUndoable } = useCommands();
  const { saveEdit, conflict } = useEdit();
  const [hiddenIds, setHiddenIds] = useState<ReadonlySet<string>>(new Set());

  const actions = useMemo<MemberActions>(() => {
    const roleOf = (id: string) => [...org.state.members, ...org.state.invites].find((one) => one.id === id)?.orgRole ?? null;
    const show = (id: string) => setHiddenIds((before) => new Set([...before].filter((one) => one !== id)));
    return {
      changeRole: (member, base, role) =>
        saveEdit<OrgRoleId | null>({
          what: `The role of ${member.name}`,
          base,
          mine: role,
          keys: keysOf(member),
          done: `${member.name} is now ${orgRoles[role].name}`,
          read: () => roleOf(member.id),
          save: (mine, options) => org.changeMemberRole(member.id, mine!, options),
          show: (value) => (value === null ? 'Removed' : orgRoles[value].name),
        }).catch(ignore),
      setTeamRole: (member, team, role) =>
        run({
          send: () => org.changeTeamRole(team.slug, member.id, role),
          keys: [...keysOf(member), `team:${team.id}`],
          done: `${member.name} is now ${teamRoles[role].name} of #${team.slug}`,
        }).catch(ignore),
      addToTeam: (member, team) =>
        run({ send: () => org.addTeamMember(team.slug, member.id), keys: [...keysOf(member), `team:${team.id}`] })
          .then(({ status }) => {
            const text =
              status === 202 ? `Those who may were asked to add ${member.name} to #${team.slug}` : `${member.name} joined #${team.slug}`;
            toasts.show({ text });
          })
          .catch(ignore),
      removeFromTeam: (member, team) =>
        run({
          send: () => org.removeTeamMember(team.slug, member.id),
          keys: [...keysOf(member), `team:${team.id}`],
          done: `${member.name} left #${team.slug}`,
        }).catch(ignore),
      remove(member) {
        setHiddenIds((before) => new Set([...before, member.id]));
        runUndoable({
          doing: member.pending ? `The invitation of ${member.email ?? member.name} is withdrawn` : `${member.name} is removed`,
          send: () => org.removeMember(member.id),
          keys: keysOf(member),
          onUndo: () => show(member.id),
          onRefused: () => show(member.id),
        });
      },
      leave: () => run({ send: () => org.removeMember('me'), keys: [] }).catch(ignore),
    };
  }, [org, run, runUndoable, saveEdit, toasts]);

  return { actions, hiddenIds, conflict };
}
