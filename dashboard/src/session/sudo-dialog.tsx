import { OrgError } from '@rollcall/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../kit/button.ts';
import { CancelButton } from '../kit/cancel-button.tsx';
import { Dialog } from '../kit/dialog.ts';
import { TextField } from '../kit/field.ts';
import { Form } from '../kit/form.tsx';
import { useSession } from './session.tsx';

interface SudoDialogProps {
  /** The refusal, with the login page that renews a session that began with single sign-on. */
  readonly cause: OrgError;
  onProven(): void;
  onClose(): void;
}

/** Renews the session with the user's password, or at their identity provider. */
export default function SudoDialog({ cause, ...rest }: SudoDialogProps) {
  const { detail } = (cause.body ?? {}) as { readonly detail?: { readonly extra?: { readonly loginUrl?: string } } };
  const loginUrl = detail?.extra?.loginUrl ?? null;
  return loginUrl === null ? <PasswordDialog {...rest} /> : <ProviderDialog loginUrl={loginUrl} onClose={rest.onClose} />;
}

function ProviderDialog({ loginUrl, onClose }: { readonly loginUrl: string; onClose(): void }) {
  return (
    <Dialog
      title="Confirm it’s you"
      description="Log in with your identity provider again. You then come back to this page, and have to repeat what you just did. If this message appears again, your provider doesn’t report when you logged in. Use a password instead."
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <a className="rollcall-button" href={`/login/?password&next=${encodeURIComponent(location.pathname)}`}>
            Use a password
          </a>
          <a
            className="rollcall-button rollcall-button-primary"
            href={`${loginUrl}?next=${encodeURIComponent(location.pathname)}`}
            data-autofocus
          >
            Log in again
          </a>
        </>
      }
    />
  );
}

function PasswordDialog({ onProven, onClose }: Omit<SudoDialogProps, 'cause'>) {
  const { me, client } = useSession();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
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
      onClose={() => !isBusy && onClose()}
      actions={
        <>
          <CancelButton isBusy={isBusy} onClose={onClose} />
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy}>
            Confirm
          </Button>
        </>
      }
    >
      <Form unsaved={null} id={formId} onSubmit={submit}>
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
      </Form>
    </Dialog>
  );
}
