import { OrgError } from '@rollcall/client';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../kit/button.ts';
import { CancelButton } from '../kit/cancel-button.tsx';
import { Dialog } from '../kit/dialog.ts';
import { TextField } from '../kit/field.ts';
import { Form } from '../kit/form.tsx';
import { useRead } from '../live/use-read.ts';
import { PasskeyError, signWithPasskey, whyNoPasskeys } from './passkeys.ts';
import { useSession } from './session.tsx';

interface SudoDialogProps {
  /**
   * The refusal, with the login page that renews a session that began with single sign-on. Null if
   * the user has to enter a code because their login had none.
   */
  readonly cause: OrgError | null;
  onProven(): void;
  onClose(): void;
}

interface Extra {
  readonly loginUrl?: string;
  /** Set if the password does not suffice. The user may have set up the factor elsewhere. */
  readonly needsCode?: boolean;
}

/** Renews the session with the user's password and second factor, or at their identity provider. */
export default function SudoDialog({ cause, ...rest }: SudoDialogProps) {
  const { detail } = (cause?.body ?? {}) as { readonly detail?: { readonly extra?: Extra } };
  const { loginUrl = null, needsCode = false } = detail?.extra ?? {};
  return loginUrl === null ? (
    <PasswordDialog needsCode={needsCode} {...rest} />
  ) : (
    <ProviderDialog loginUrl={loginUrl} onClose={rest.onClose} />
  );
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

interface PasswordDialogProps extends Omit<SudoDialogProps, 'cause'> {
  readonly needsCode: boolean;
}

function PasswordDialog({ needsCode, onProven, onClose }: PasswordDialogProps) {
  const { me, client } = useSession();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [error, setError] = useState<{ readonly field: ProofField; readonly text: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const asksCode = needsCode || me.has2fa;
  const prove = async (renew: () => Promise<unknown>) => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    try {
      await renew();
      onProven();
    } catch (cause) {
      setError(describe(cause));
      setBusy(false);
    }
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await prove(() => client.session.renew(password, asksCode ? code : undefined));
  };
  const signIn = () => prove(async () => client.session.renewWithPasskey(await signWithPasskey(await client.session.beginPasskey())));
  return (
    <Dialog
      title="Confirm it’s you"
      description={asksCode ? 'Enter your password and a code to continue.' : 'Enter your password to continue.'}
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
          error={error?.field === 'password' ? error.text : null}
          required
          data-autofocus
        />
        {asksCode && (
          <TextField
            label="Code of your authenticator app, or a recovery code"
            autoComplete="one-time-code"
            value={code}
            onValue={setCode}
            error={error?.field === 'code' ? error.text : null}
            required
          />
        )}
      </Form>
      {asksCode && <PasskeyChoice error={error?.field === 'passkey' ? error.text : null} onUse={signIn} />}
    </Dialog>
  );
}

interface PasskeyChoiceProps {
  readonly error: string | null;
  onUse(): void;
}

/** Offers a passkey instead of the password and the code, to a user who has one. */
function PasskeyChoice({ error, onUse }: PasskeyChoiceProps) {
  const { client } = useSession();
  const { result: authenticators } = useRead(() => client.account.authenticators());
  const hasPasskey = authenticators?.some(({ type }) => type === 'webauthn') ?? false;
  if (!hasPasskey || whyNoPasskeys() !== null) return null;
  return (
    <>
      <Button onClick={onUse}>Use a passkey instead</Button>
      {error !== null && <p role="alert">{error}</p>}
    </>
  );
}

type ProofField = 'password' | 'code' | 'passkey';

function describe(cause: unknown): { readonly field: ProofField; readonly text: string } {
  if (cause instanceof PasskeyError) return { field: 'passkey', text: cause.message };
  const isForbidden = cause instanceof OrgError && cause.code === 'forbidden';
  const { detail } = ((isForbidden && cause.body) || {}) as { readonly detail?: { readonly code?: string } };
  if (detail?.code === 'wrong-code') return { field: 'code', text: 'Wrong code, or it was already used.' };
  if (detail?.code === 'wrong-passkey') return { field: 'passkey', text: 'This passkey is not one of your account. Try again.' };
  return { field: 'password', text: isForbidden ? 'Wrong password.' : String((cause as Error).message) };
}
