import { type DirectoryDrift, definitionOf, type ExternalTeamRecord, type IntegrationRecord } from '@rollcall/client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { ComboboxField } from '../../kit/field.ts';
import { SwitchRow } from '../../kit/switch.tsx';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';

interface FollowingTeamsProps {
  readonly integration: IntegrationRecord;
  readonly groups: DirectoryDrift['groups'];
}

/** The teams of the provider that are mapped to teams here. */
export function FollowingTeams({ integration, groups }: FollowingTeamsProps) {
  const all = useOrgState((state) => state.externalTeams);
  const [isAdding, setAdding] = useState(false);
  const { name } = definitionOf(integration.provider);
  const mappings = all.filter(({ integrationId }) => integrationId === integration.id);
  return (
    <div className="integration-people">
      <h3>Teams</h3>
      {mappings.length === 0 && <p>No {name} team is mapped to a team here.</p>}
      {mappings.map((mapping) => (
        <MappedTeam key={mapping.id} mapping={mapping} />
      ))}
      <Button
        onClick={() => setAdding(true)}
        whyNot={groups.length === 0 ? `${name} has no teams, or they haven’t been synced yet.` : null}
      >
        Map a team
      </Button>
      {isAdding && <MapTeamDialog integration={integration} groups={groups} onClose={() => setAdding(false)} />}
    </div>
  );
}

function MappedTeam({ mapping: { id, provider, teamId, externalName, follows } }: { readonly mapping: ExternalTeamRecord }) {
  const org = useOrganization();
  const { run } = useCommands();
  const team = useOrgState((state) => state.teams).find((one) => one.id === teamId);
  const [isStarting, setStarting] = useState(false);
  const { name } = definitionOf(provider);
  if (!team) return null;
  const keys = [`external-team:${id}`];
  const save = (isOn: boolean) =>
    run({ send: () => org.updateExternalTeam(team.slug, id, { follows: isOn ? 'members' : 'off' }), keys, done: `Saved #${team.slug}` });
  const remove = () => run({ send: () => org.unmapExternalTeam(team.slug, id), keys, done: `Removed the mapping of ${externalName}` });
  return (
    <div className="following-team">
      <SwitchRow
        label={`#${team.slug} follows ${externalName}`}
        hint={
          follows === 'members'
            ? `Its members are the mapped members of the ${name} team. They can’t be added or removed here.`
            : 'Off: its members are managed here.'
        }
        isOn={follows === 'members'}
        onChange={(isOn) => (isOn ? setStarting(true) : void save(false).catch(() => {}))}
      />
      <IconButton icon={Trash2} label={`Remove the mapping of ${externalName}`} onClick={() => void remove().catch(() => {})} />
      {isStarting && (
        <ConfirmDialog
          title={`Let #${team.slug} follow ${externalName}?`}
          action="Follow"
          onConfirm={() => save(true)}
          onClose={() => setStarting(false)}
        >
          Members of #{team.slug} who are not in the {name} team {externalName}, or are not mapped, leave the team and lose access to its
          projects. A large change is made only after you confirm it.
        </ConfirmDialog>
      )}
    </div>
  );
}

function MapTeamDialog({ integration: { id, provider }, groups, onClose }: FollowingTeamsProps & { onClose(): void }) {
  const org = useOrganization();
  const { run } = useCommands();
  const teams = useOrgState((state) => state.teams);
  const [groupId, setGroupId] = useState('');
  const [slug, setSlug] = useState('');
  const { name } = definitionOf(provider);
  const group = groups.find(({ externalId }) => externalId === groupId);
  return (
    <FormDialog
      title="Map a team"
      description={`Choose a ${name} team and a team here. The team here can then follow the ${name} team.`}
      action="Map"
      whyNot={!group || slug === '' ? 'Choose both teams.' : null}
      fields={['externalName']}
      onSubmit={() =>
        run({ send: () => org.mapExternalTeam(slug, { ...group!, provider, integrationId: id }), keys: [], showsRefusal: () => true })
      }
      onClose={onClose}
    >
      {(errors) => (
        <>
          <ComboboxField
            label={`Team at ${name}`}
            error={errors.externalName}
            value={groupId}
            options={groups.map(({ externalId, externalName }) => ({ value: externalId, label: externalName }))}
            onValue={setGroupId}
          />
          <ComboboxField
            label="Team here"
            value={slug}
            options={teams.map((team) => ({ value: team.slug, label: `#${team.slug}` }))}
            onValue={setSlug}
          />
        </>
      )}
    </FormDialog>
  );
}
