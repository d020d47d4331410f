import { OrgError } from '@rollcall/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { TextField } from '../kit/field.tsx';
import { useSession } from './session.tsx';

/** Renews the session with the user's password. */
export default function SudoDialog({ onProven, onClose }: { onProven(): void; onClose(): void }) {
  const { me, client } = useSession();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await client.session.renew(password);
      onProven();
    } catch (cause) {
      setError(cause instanceof OrgError && cause.code === 'forbidden' ? 'Wrong password.' : String((cause as Error).message));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Confirm it’s you"
      description="Enter your password to continue."
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy}>
            Confirm
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit}>
        <input type="text" autoComplete="username" value={me.email} readOnly hidden />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onValue={setPassword}
          error={error}
          required
          data-autofocus
        />
      </form>
    </Dialog>
  );
}
