import { OrgError } from '@rollcall/client';
import { createContext, type FormEvent, type ReactNode, useCallback, useContext, useId, useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { TextField } from '../kit/field.tsx';
import { useSession } from './session.tsx';

type WithSudo = <T>(run: () => Promise<T>) => Promise<T>;

const SudoContext = createContext<WithSudo>((run) => run());

interface Waiting {
  resolve(): void;
  reject(error: OrgError): void;
}

/** Some commands need a recent login: then the password is asked for, and the command sent again. */
export function SudoProvider({ children }: { readonly children: ReactNode }) {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const withSudo = useCallback<WithSudo>(async (run) => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof OrgError) || error.code !== 'sudo-required') throw error;
      await new Promise<void>((resolve, reject) => setWaiting({ resolve, reject }));
      return run();
    }
  }, []);
  return (
    <SudoContext.Provider value={withSudo}>
      {children}
      {waiting && (
        <SudoDialog
          onProven={() => {
            waiting.resolve();
            setWaiting(null);
          }}
          onClose={() => {
            waiting.reject(new OrgError('aborted', 'The password was not given.'));
            setWaiting(null);
          }}
        />
      )}
    </SudoContext.Provider>
  );
}

export function useSudo(): WithSudo {
  return useContext(SudoContext);
}

function SudoDialog({ onProven, onClose }: { onProven(): void; onClose(): void }) {
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
      setError(cause instanceof OrgError && cause.code === 'forbidden' ? 'That is not your password.' : String((cause as Error).message));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Confirm that it is you"
      description="This needs a recent login. Enter your password to go on."
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
