import { OrgError } from '@rollcall/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { CancelButton } from '../../kit/cancel-button.tsx';
import { Dialog } from '../../kit/dialog.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { explain } from '../../live/explain.ts';
import { createPasskey } from '../../session/passkeys.ts';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';
import { nameBrowser } from './name-browser.ts';

interface NameDialogProps {
  readonly title: string;
  readonly description: string;
  readonly action: string;
  readonly initialName: string;
  /** The dialog shows the error of a rejection, and stays open. */
  save(name: string): Promise<unknown>;
  onClose(): void;
}

function PasskeyNameDialog({ title, description, action, initialName, save, onClose }: NameDialogProps) {
  const [name, setName] = useState(initialName);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setError(null);
    try {
      await save(name.trim());
    } catch (cause) {
      const isClosed = cause instanceof OrgError && cause.code === 'aborted';
      if (!isClosed) setError(cause instanceof OrgError ? explain(cause) : (cause as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      description={description}
      onClose={() => !isBusy && onClose()}
      actions={
        <>
          <CancelButton isBusy={isBusy} onClose={onClose} />
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy} whyNot={name.trim() === '' ? 'Enter a name.' : null}>
            {action}
          </Button>
        </>
      }
    >
      <Form unsaved={null} id={formId} onSubmit={submit}>
        <TextField label="Name" value={name} onValue={setName} error={error} autoComplete="off" maxLength={64} required data-autofocus />
      </Form>
    </Dialog>
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
    onAdded((await withSudo(() => client.account.confirmPasskey(name, passkey))).codes);
  };
  return (
    <PasskeyNameDialog
      title="Add a passkey"
      description="Name the device, so that you recognize it later. Your browser then asks for your fingerprint, face or PIN."
      action="Continue"
      initialName={nameBrowser(navigator.userAgent)}
      save={add}
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
  const rename = async (given: string) => {
    await withSudo(() => client.account.renamePasskey(id, given));
    onRenamed();
  };
  return (
    <PasskeyNameDialog
      title={`Rename ${name}`}
      description="The name is shown here only. Your device keeps its own."
      action="Rename"
      initialName={name}
      save={rename}
      onClose={onClose}
    />
  );
}
