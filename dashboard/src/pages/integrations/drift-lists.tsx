import type { DirectoryDrift, IntegrationRecord } from '@rollcall/client';
import { type ReactNode, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';
import { MapDialog } from './mappings.tsx';

/** The length from which a list has a search. Shorter lists are readable without one. */
const searchedFrom = 10;

interface DriftListsProps {
  readonly integration: IntegrationRecord;
  readonly drift: DirectoryDrift;
  readonly search: string;
  onSearch(search: string): void;
}

type ExternalPerson = DirectoryDrift['thereNotHere']['rows'][number];

/** The people who are on one side only. */
export function DriftLists({ integration, drift: { lastReadAt, thereNotHere, hereNotThere }, search, onSearch }: DriftListsProps) {
  const members = useOrgState((state) => state.members);
  const { allowed: mayMap } = useCan('org:admin');
  const { allowed: mayInvite } = useCan(['member:invite', 'member:write', 'member:admin']);
  const [open, setOpen] = useState<{ readonly kind: 'map' | 'invite'; readonly person: ExternalPerson } | null>(null);
  if (lastReadAt === null) return null;
  const names = new Map(members.map(({ id, name }) => [id, name]));
  return (
    <>
      {thereNotHere.count + hereNotThere.count >= searchedFrom && (
        <SearchField label="Search the differences" placeholder="Search the differences" value={search} onValue={onSearch} />
      )}
      <DriftList
        title={`Only at ${integration.name}`}
        empty={`Everyone at ${integration.name} is mapped to a member.`}
        search={search}
        {...thereNotHere}
        keyOf={({ externalId }) => externalId}
      >
        {(person) => (
          <>
            <span>{person.externalName}</span>
            <span className="drift-actions">
              {mayMap && (
                <Button onClick={() => setOpen({ kind: 'map', person })} aria-label={`Map ${person.externalName}`}>
                  Map
                </Button>
              )}
              {mayInvite && (
                <Button onClick={() => setOpen({ kind: 'invite', person })} aria-label={`Invite ${person.externalName}`}>
                  Invite
                </Button>
              )}
            </span>
          </>
        )}
      </DriftList>
      <DriftList
        title="Only in this organization"
        empty={`Every member is mapped to someone at ${integration.name}.`}
        search={search}
        {...hereNotThere}
        keyOf={({ memberId }) => memberId}
      >
        {({ memberId, externalName }) => (
          <>
            <span>{names.get(memberId) ?? 'A former member'}</span>
            <small>{externalName === null ? 'Not mapped' : `${externalName} has left ${integration.name}`}</small>
          </>
        )}
      </DriftList>
      {open?.kind === 'map' && <MapDialog integration={integration} person={open.person} onClose={() => setOpen(null)} />}
      {open?.kind === 'invite' && <InviteDialog person={open.person} onClose={() => setOpen(null)} />}
    </>
  );
}

interface DriftListProps<Row> {
  readonly title: string;
  readonly empty: string;
  readonly search: string;
  readonly count: number;
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  children(row: Row): ReactNode;
}

function DriftList<Row>({ title, empty, search, count, rows, keyOf, children }: DriftListProps<Row>) {
  const heading = `${title} (${count.toLocaleString('en')})`;
  return (
    <div className="integration-people">
      <h3>{heading}</h3>
      {count === 0 ? (
        <p>{empty}</p>
      ) : rows.length === 0 ? (
        <p>No name contains “{search}”.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls needs focus
        <ul className="drift-list" aria-label={heading} tabIndex={0}>
          {rows.map((row) => (
            <li key={keyOf(row)}>{children(row)}</li>
          ))}
        </ul>
      )}
      {search === '' && rows.length < count && <p>The first {rows.length} are shown. Search to find the others.</p>}
    </div>
  );
}

/** The provider has no address of the person, so it is typed here. */
function InviteDialog({ person: { externalName }, onClose }: { readonly person: ExternalPerson; onClose(): void }) {
  const org = useOrganization();
  const { run } = useCommands();
  const [email, setEmail] = useState('');
  const send = () => org.inviteMember({ email: email.trim() });
  return (
    <FormDialog
      title={`Invite ${externalName}`}
      description={`Enter the address to invite. Once the person has joined, an owner maps ${externalName} to the new member.`}
      action="Invite"
      whyNot={email.trim() === '' ? 'Enter an address.' : null}
      fields={['email']}
      onSubmit={() => run({ send, keys: [], done: `Invited ${externalName}`, showsRefusal: () => true })}
      onClose={onClose}
    >
      {(errors) => (
        <TextField label="Address" type="email" error={errors.email} value={email} onValue={setEmail} autoComplete="off" data-autofocus />
      )}
    </FormDialog>
  );
}
