import { apiLimits, type ProjectRecord, type RestProjectKey } from '@rollcall/client';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { ConfirmDialog } from '../../kit/confirm.tsx';
import { CopyField } from '../../kit/copy-field.tsx';
import { TextField } from '../../kit/field.ts';
import { useCommands } from '../../live/commands.tsx';
import { FormDialog } from '../../live/form-dialog.tsx';
import { useOrganization } from '../../live/organization.tsx';
import { useProjectKeys } from './use-project-keys.ts';

interface ProjectKeysProps {
  readonly project: ProjectRecord;
  readonly canWrite: boolean;
}

/** The client keys, with which apps send data to the project. */
export function ProjectKeys({ project, canWrite }: ProjectKeysProps) {
  const { keys, failure, refresh } = useProjectKeys(project);
  const [isCreating, setCreating] = useState(false);
  return (
    <section aria-label="Client keys">
      <h2>
        Client keys
        {canWrite && (
          <Button isSmall icon={Plus} onClick={() => setCreating(true)}>
            Create key
          </Button>
        )}
      </h2>
      {failure && (
        <p role="alert">
          {failure}{' '}
          <Button isSmall onClick={refresh}>
            Try again
          </Button>
        </p>
      )}
      {!keys && !failure && <p>Loading keys…</p>}
      {keys?.length === 0 && <p>No keys. Apps can’t send data to this project.</p>}
      <ul>
        {keys?.map((key) => (
          <KeyLine key={key.id} project={project} projectKey={key} canWrite={canWrite} onChanged={refresh} />
        ))}
      </ul>
      {isCreating && <CreateKeyDialog project={project} onCreated={refresh} onClose={() => setCreating(false)} />}
    </section>
  );
}

interface KeyLineProps {
  readonly project: ProjectRecord;
  readonly projectKey: RestProjectKey;
  readonly canWrite: boolean;
  onChanged(): Promise<void>;
}

function KeyLine({ project, projectKey: { id, name, isActive, dsn }, canWrite, onChanged }: KeyLineProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isBusy, setBusy] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const keys = [`project:${project.id}`];
  const toggle = async () => {
    setBusy(true);
    const done = isActive ? `Disabled ${name}. Data sent with it is rejected.` : `Enabled ${name}`;
    await run({ send: () => org.updateProjectKey(project.slug, id, { isActive: !isActive }), keys, done }).then(onChanged, () => {});
    setBusy(false);
  };
  const remove = () => run({ send: () => org.removeProjectKey(project.slug, id), keys, done: `Removed ${name}` }).then(onChanged);
  return (
    <li>
      <span className="panel-line">
        <span>
          {name} {!isActive && <Badge tone="warn">Disabled</Badge>}
        </span>
        {canWrite && (
          <>
            <Button isSmall aria-description={name} isBusy={isBusy} onClick={toggle}>
              {isActive ? 'Disable' : 'Enable'}
            </Button>
            <Button isSmall aria-description={name} className="panel-danger" onClick={() => setRemoving(true)}>
              Remove
            </Button>
          </>
        )}
      </span>
      <CopyField label={`DSN of ${name}`} text={dsn.public} />
      {isRemoving && (
        <ConfirmDialog title={`Remove the key ${name}?`} action="Remove key" onConfirm={remove} onClose={() => setRemoving(false)}>
          Apps that use this key can no longer send data. This can’t be undone. You can disable the key instead.
        </ConfirmDialog>
      )}
    </li>
  );
}

interface CreateKeyDialogProps {
  readonly project: ProjectRecord;
  onCreated(): Promise<void>;
  onClose(): void;
}

function CreateKeyDialog({ project, onCreated, onClose }: CreateKeyDialogProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [name, setName] = useState('');
  const create = async () => {
    const key = name.trim() === '' ? {} : { name: name.trim() };
    await run({
      send: () => org.createProjectKey(project.slug, key),
      keys: [`project:${project.id}`],
      done: 'Key created',
      showsRefusal: () => true,
    });
    await onCreated();
  };
  return (
    <FormDialog title={`Create a key for ${project.slug}`} action="Create key" fields={['name']} onSubmit={create} onClose={onClose}>
      {(errors) => (
        <TextField
          label="Name"
          hint="Optional, e.g. the app that uses this key."
          value={name}
          onValue={setName}
          error={errors.name}
          maxLength={apiLimits.nameLengthMax}
          autoComplete="off"
          data-autofocus
        />
      )}
    </FormDialog>
  );
}
