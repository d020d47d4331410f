import { OrgError, type TotpSetup } from '@rollcall/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { CancelButton } from '../../kit/cancel-button.tsx';
import { Dialog } from '../../kit/dialog.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { explain } from '../../live/explain.ts';
import { useSession } from '../../session/session.tsx';
import { useSudo } from '../../session/sudo.tsx';

interface TotpDialogProps {
  readonly setup: TotpSetup;
  onEnrolled(codes: readonly string[]): void;
  onClose(): void;
}

/** Enables 2FA with a code that proves that the authenticator app has the secret. */
export function TotpDialog({ setup, onEnrolled, onClose }: TotpDialogProps) {
  const { client } = useSession();
  const withSudo = useSudo();
  const [code, setCode] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
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
      description="Scan the QR code with your authenticator app, then enter the code it shows."
      onClose={() => !isBusy && onClose()}
      actions={
        <>
          <CancelButton isBusy={isBusy} onClose={onClose} />
          <Button variant="primary" type="submit" form={formId} isBusy={isBusy}>
            Enable
          </Button>
        </>
      }
    >
      <div className="totp-secret">
        <img src={setup.qr} alt="QR code for your authenticator app" width="168" height="168" />
        <p>
          Or enter this key in the app: <code>{setup.secret}</code>
        </p>
      </div>
      <Form unsaved={null} id={formId} onSubmit={submit}>
        <TextField
          label="Authentication code"
          value={code}
          onValue={setCode}
          error={error}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          data-autofocus
        />
      </Form>
    </Dialog>
  );
}
