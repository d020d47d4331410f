import { OrgError } from '@rollcall/client';
import { loadable, OnDemand } from '@rollcall/react/parts';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

const SudoDialog = loadable(() => import('./sudo-dialog.tsx'));

type WithSudo = <T>(run: () => Promise<T>) => Promise<T>;

const SudoContext = createContext<WithSudo>((run) => run());

interface PendingPrompt {
  readonly cause: OrgError;
  resolve(): void;
  reject(error: OrgError): void;
}

/**
 * Provides `useSudo`, for commands that need a recent login: it asks for the password where the
 * server requires one, and sends the command again.
 */
export function SudoProvider({ children }: { readonly children: ReactNode }) {
  const [pending, setPending] = useState<PendingPrompt | null>(null);
  const withSudo = useCallback<WithSudo>(async (run) => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof OrgError) || error.code !== 'sudo-required') throw error;
      await new Promise<void>((resolve, reject) => setPending({ cause: error, resolve, reject }));
      return run();
    }
  }, []);
  const cancel = () => {
    pending?.reject(new OrgError('aborted', 'The password dialog was closed.'));
    setPending(null);
  };
  return (
    <SudoContext.Provider value={withSudo}>
      {children}
      {pending && (
        <OnDemand fallback={null} onFailed={cancel}>
          <SudoDialog
            cause={pending.cause}
            onProven={() => {
              pending.resolve();
              setPending(null);
            }}
            onClose={cancel}
          />
        </OnDemand>
      )}
    </SudoContext.Provider>
  );
}

export function useSudo(): WithSudo {
  return useContext(SudoContext);
}
