import { type OrgRoleId, orgRoles, type TeamRecord } from '@rollcall/client';
import { useMemo } from 'react';
import { type InvitationViewer, mayInviteTo } from './invitation-viewer.ts';
import { ChosenList } from './parts/chosen-list.tsx';
import { SelectField } from './parts/field.tsx';
import { mayAssign } from './role-permissions.ts';

export interface InviteChoice {
  readonly role: OrgRoleId;
  /** Slugs. */
  readonly teams: readonly string[];
}

interface InviteFieldsProps {
  readonly viewer: InvitationViewer;
  readonly allTeams: readonly TeamRecord[];
  readonly choice: InviteChoice;
  readonly errors: { readonly orgRole?: string; readonly role?: string };
  onChoice(choice: InviteChoice): void;
}

/** The fields for the role and the teams, with the options that the viewer may give. */
export function InviteFields({ viewer, allTeams, choice, errors, onChoice }: InviteFieldsProps) {
  const options = Object.values(orgRoles)
    .filter(({ id }) => mayAssign(viewer, id))
    .map(({ id, name }) => ({ value: id, label: name }));
  const teamOptions = useMemo(
    () =>
      allTeams
        .filter(({ id, slug }) => mayInviteTo(viewer, id) || choice.teams.includes(slug))
        .map(({ slug }) => ({ value: slug, label: `#${slug}` })),
    [allTeams, viewer, choice.teams],
  );
  return (
    <>
      <SelectField
        label="Role"
        value={choice.role}
        options={options}
        hint={orgRoles[choice.role].desc}
        error={errors.orgRole ?? errors.role}
        onValue={(role) => onChoice({ ...choice, role: role as OrgRoleId })}
      />
      <ChosenList
        label="Teams"
        addLabel="Add a team"
        none={allTeams.length === 0 ? 'No teams yet.' : 'You can only add people to your own teams.'}
        options={teamOptions}
        chosen={choice.teams}
        onChosen={(chosen) => onChoice({ ...choice, teams: chosen })}
      />
    </>
  );
}

/** The initial role: the wanted one, or the viewer's own if that is lower. */
export function roleWithin(viewer: InvitationViewer, wanted: OrgRoleId): OrgRoleId {
  return mayAssign(viewer, wanted) ? wanted : (viewer.member?.orgRole ?? 'member');
}

export function teamRolesOf({ teams }: InviteChoice) {
  return teams.map((teamSlug) => ({ teamSlug, role: null }));
}
