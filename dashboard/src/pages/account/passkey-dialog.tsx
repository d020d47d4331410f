import { useState } from 'react';
import { TextField } from '../../kit/field.ts';
import { FormDialog } from '../../live/form-dialog.tsx';
import { createPasskey } from '../../session/passkeys.ts';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';
import { nameBrowser } from './name-browser.ts';

interface NameDialogProps<Done> {
  readonly title: string;
  readonly description: string;
  readonly action: string;
  readonly initialName: string;
  save(name: string): Promise<Done>;
  onSaved(done: Done): void;
  onClose(): void;
}

function PasskeyNameDialog<Done>({ title, description, action, initialName, save, onSaved, onClose }: NameDialogProps<Done>) {
  const [name, setName] = useState(initialName);
  return (
    <FormDialog
      title={title}
      description={description}
      action={action}
      whyNot={name.trim() === '' ? 'Enter a name.' : null}
      fields={['name']}
      onSubmit={() => save(name.trim())}
      onDone={onSaved}
      onClose={onClose}
    >
      {(errors) => (
        <TextField label="Name" value={name} onValue={setName} error={errors.name} autoComplete="off" maxLength={64} data-autofocus />
      )}
    </FormDialog>
  );
}

interface AddPasskeyProps {
  /** @param codes new recovery codes. Null if the user has some already. */
  onAdded(codes: readonly string[] | null): void;
  onClose(): void;
}

/** Asks for a name, then lets the browser create a passkey. */
export function AddPasskeyDialog({ onAdded, onClose }: AddPasskeyProps) {
  const { client } = useSession();
  const withSudo = useSudo();
  const add = async (name: string) => {
    const passkey = await createPasskey(await withSudo(() => client.account.beginPasskeySetup()));
    return withSudo(() => client.account.confirmPasskey(name, passkey));
  };
  return (
    <PasskeyNameDialog
      title="Add a passkey"
      description="Name the device, so that you recognize it later. Your browser then asks for your fingerprint, face or PIN."
      action="Continue"
      initialName={nameBrowser(navigator.userAgent)}
      save={add}
      onSaved={({ codes }) => onAdded(codes)}
      onClose={onClose}
    />
  );
}

interface RenamePasskeyProps {
  readonly id: string;
  readonly name: string;
  onRenamed(): void;
  onClose(): void;
}

export function RenamePasskeyDialog({ id, name, onRenamed, onClose }: RenamePasskeyProps) {
  const { client } = useSession();
  const withSudo = useSudo();
  return (
    <PasskeyNameDialog
      title={`Rename ${name}`}
      description="The name is shown here only. Your device keeps its own."
      action="Rename"
      initialName={name}
      save={(given) => withSudo(() => client.account.renamePasskey(id, given))}
      onSaved={onRenamed}
      onClose={onClose}
    />
  );
}
