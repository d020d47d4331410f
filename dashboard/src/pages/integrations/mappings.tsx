import { definitionOf, type IntegrationRecord } from '@rollcall/client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../kit/button.ts';
import { ComboboxField, TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useCan, useOrganization, useOrgState, useOwnMember } from '../../live/organization.tsx';
import { OwnAccountButton } from './own-account-button.tsx';

/** The people of a provider and the members that they are. */
export function Mappings({ integration }: { readonly integration: IntegrationRecord }) {
  const org = useOrganization();
  const { run } = useCommands();
  const all = useOrgState((state) => state.externalUsers);
  const members = useOrgState((state) => state.members);
  const [isAdding, setAdding] = useState(false);
  const { allowed: mayMapOthers } = useCan('org:admin');
  const { name: providerName, hasDirectory } = definitionOf(integration.provider);
  const mappings = all.filter(({ integrationId }) => integrationId === integration.id);
  const whyNot = hasDirectory && !mayMapOthers ? `Only owners can map other people on ${providerName}.` : null;
  const memberName = (id: string) => members.find((member) => member.id === id)?.name ?? 'A former member';
  const remove = (id: string, externalName: string) =>
    void run({ send: () => org.unmapExternalUser(id), keys: [`external-user:${id}`], done: `Removed ${externalName}` }).catch(() => {});
  return (
    <div className="integration-people">
      <h3>People</h3>
      {mappings.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls needs focus
        <ul className="drift-list" aria-label="Mapped people" tabIndex={0}>
          {mappings.map(({ id, memberId, externalName }) => (
            <li key={id}>
              <span>
                {externalName} is {memberName(memberId)}
              </span>
              <IconButton icon={Trash2} label={`Remove the mapping of ${externalName}`} onClick={() => remove(id, externalName)} />
            </li>
          ))}
        </ul>
      )}
      <div className="integration-actions">
        <Button onClick={() => setAdding(true)} whyNot={whyNot}>
          Map a person
        </Button>
        {hasDirectory && integration.status === 'active' && <OwnAccountButton integrationId={integration.id} providerName={providerName} />}
      </div>
      {isAdding && <MapDialog integration={integration} onClose={() => setAdding(false)} />}
    </div>
  );
}

interface MapDialogProps {
  readonly integration: IntegrationRecord;
  /** The person, if they are known. */
  readonly person?: { readonly externalId: string; readonly externalName: string };
  onClose(): void;
}

export function MapDialog({ integration: { id, provider }, person, onClose }: MapDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const { allowed: mayMapOthers } = useCan('org:admin');
  const members = useOrgState((state) => state.members);
  const me = useOwnMember();
  const { name: providerName, hasDirectory: isInDirectory, personIdHint } = definitionOf(provider);
  const [userId, setUserId] = useState(isInDirectory ? '' : (me?.user?.id ?? ''));
  const [externalName, setExternalName] = useState(person?.externalName ?? '');
  const [externalId, setExternalId] = useState(person?.externalId ?? '');
  const options = members.flatMap(({ user, name }) =>
    user && (mayMapOthers || user.id === me?.user?.id) ? [{ value: user.id, label: name }] : [],
  );
  const mapping = { provider, integrationId: id, userId, externalName: externalName.trim(), externalId: externalId.trim() || null };
  return (
    <FormDialog
      title="Map a person"
      description={
        isInDirectory
          ? 'Teams that follow a team of this person add and remove the member.'
          : `Actions of the person in ${providerName} count as the member’s requests. Members can map themselves. Owners can map anyone.`
      }
      action="Map"
      whyNot={externalName.trim() === '' || userId === '' ? 'Enter a name and choose a member.' : null}
      fields={['externalName', 'externalId', 'userId']}
      onSubmit={() => run({ send: () => org.mapExternalUser(mapping), keys: [], showsRefusal: () => true })}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label={`Name in ${providerName}`}
            error={errors.externalName}
            value={externalName}
            onValue={setExternalName}
            maxLength={200}
            data-autofocus
          />
          <TextField
            label={`ID in ${providerName}`}
            hint={personIdHint ?? undefined}
            error={errors.externalId}
            value={externalId}
            onValue={setExternalId}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
          />
          <ComboboxField label="Member" error={errors.userId} value={userId} options={options} onValue={setUserId} />
        </>
      )}
    </FormDialog>
  );
}
