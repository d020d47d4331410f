import { apiLimits, effectiveTeamRole, type TeamRecord } from '@rollcall/client';
import { useMemo, useState } from 'react';
import { ComboboxField, TextField } from '../../kit/field.ts';
import { useSlug } from '../../kit/use-slug.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import type { MemberViewer } from '../members/member-permissions.ts';

interface CreateProjectDialogProps {
  readonly viewer: MemberViewer;
  readonly allTeams: readonly TeamRecord[];
  onCreated(id: string): void;
  onClose(): void;
}

export function CreateProjectDialog({ viewer, allTeams, onCreated, onClose }: CreateProjectDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [name, setName] = useState('');
  const { slug, setSlug } = useSlug(name, apiLimits.projectSlugLengthMax);
  const [platform, setPlatform] = useState('');
  const state = useOrgState((whole) => whole);
  const teams = useMemo(() => allTeams.filter((team) => mayCreateIn(viewer, team, state.organization)), [viewer, allTeams, state]);
  const [team, setTeam] = useState(() => (teams.find(({ id }) => viewer.ownMemberships.has(id)) ?? teams[0])?.slug ?? '');
  const options = useMemo(
    () => [...teams.map((one) => ({ value: one.slug, label: `#${one.slug}` })), { value: '', label: 'New team for me' }],
    [teams],
  );
  const create = async () => {
    const given = {
      name: name.trim(),
      ...(slug && { slug }),
      ...(platform.trim() && { platform: platform.trim() }),
      ...(team && { team }),
    };
    const { data } = await run({ send: () => org.createProject(given), keys: [], done: `Created ${given.name}`, showsRefusal: () => true });
    return data.id;
  };
  return (
    <FormDialog
      title="Create a project"
      description="A client key is created automatically."
      action="Create project"
      whyNot={name.trim() === '' ? 'Enter a name.' : null}
      fields={['name', 'platform', 'slug']}
      onSubmit={create}
      onDone={(id) => {
        onClose();
        onCreated(id);
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label="Name"
            value={name}
            onValue={setName}
            error={errors.name}
            maxLength={apiLimits.newProjectNameLengthMax}
            autoComplete="off"
            data-autofocus
          />
          <ComboboxField
            label="Team"
            value={team}
            options={options}
            hint="Its members get access. You can add more teams later."
            onValue={setTeam}
          />
          <TextField
            label="Platform"
            hint="Optional, e.g. javascript, python or node."
            value={platform}
            onValue={setPlatform}
            error={errors.platform}
            maxLength={apiLimits.platformLengthMax}
            autoComplete="off"
            spellCheck={false}
          />
          <TextField
            label="Slug"
            hint="Used in URLs. Lowercase letters, numbers and hyphens."
            value={slug}
            onValue={setSlug}
            error={errors.slug}
            maxLength={apiLimits.projectSlugLengthMax}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
    </FormDialog>
  );
}

/**
 * Whether the viewer may create a project in a team. If members may not create projects, admins of
 * the team still may, and so may managers and owners.
 */
function mayCreateIn(viewer: MemberViewer, { id }: TeamRecord, organization: { allowMemberProjectCreation: boolean } | null): boolean {
  const { member, ownMemberships, canWriteOrganization, hasOpenMembership } = viewer;
  if (canWriteOrganization) return true;
  const membership = ownMemberships.get(id);
  const isAdmin = member !== null && membership !== undefined && effectiveTeamRole(membership.teamRole, member.orgRole) === 'admin';
  if (isAdmin) return true;
  return organization?.allowMemberProjectCreation === true && member?.orgRole === 'admin' && hasOpenMembership;
}
