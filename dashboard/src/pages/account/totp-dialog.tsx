import { OrgError, type TotpSetup } from '@rollcall/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextField } from '../../kit/field.tsx';
import { explain } from '../../live/commands.tsx';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';

interface TotpDialogProps {
  readonly setup: TotpSetup;
  onEnrolled(codes: readonly string[]): void;
  onClose(): void;
}

/** Nothing is enrolled before a code has shown that the app has the secret. */
export function TotpDialog({ setup, onEnrolled, onClose }: TotpDialogProps) {
  const { client } = useSession();
  const withSudo = useSudo();
  const [code, setCode] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { codes } = await withSudo(() => client.account.confirmTotp(setup.setup, code.trim()));
      onEnrolled(codes);
    } catch (cause) {
      setError(cause instanceof OrgError ? explain(cause) : String(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Set up two-factor authentication"
      description="Scan this with an authenticator app, then enter the code that it shows."
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy}>
            Switch on
          </Button>
        </>
      }
    >
      <div className="totp-secret">
        <img src={setup.qr} alt="QR code of the secret for your authenticator app" width="168" height="168" />
        <p>
          Or type the secret into the app: <code>{setup.secret}</code>
        </p>
      </div>
      <form id={formId} onSubmit={submit}>
        <TextField
          label="Code"
          value={code}
          onValue={setCode}
          error={error}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          data-autofocus
        />
      </form>
    </Dialog>
  );
}
