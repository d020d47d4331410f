import { type AuthProviderChoice, OrgError, type RestAuthProvider } from '@rollcall/client';
import { useCallback, useEffect, useState } from 'react';
import { useOrganization, useOrgState } from '../../live/organization.tsx';

export interface ReadProvider {
  /** Null if there is none. Undefined until it is known. */
  readonly provider: RestAuthProvider | null | undefined;
  readonly choices: readonly AuthProviderChoice[];
  readonly error: OrgError | null;
  refresh(): void;
}

/** The identity provider with its configuration, read again when another user changes it. */
export function useAuthProvider(): ReadProvider {
  const org = useOrganization();
  const record = useOrgState((state) => state.authProviders[0]);
  const slug = useOrgState((state) => state.organization?.slug);
  const [read, setRead] = useState<Pick<ReadProvider, 'provider' | 'choices' | 'error'>>({ provider: undefined, choices: [], error: null });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed provider is read again
  useEffect(() => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    Promise.all([org.read.authProvider(options), org.read.authProviders(options)]).then(
      ([provider, choices]) => setRead({ provider, choices, error: null }),
      (error: unknown) => {
        if (!stop.signal.aborted && error instanceof OrgError) setRead((before) => ({ ...before, error }));
      },
    );
    return () => stop.abort();
  }, [org, record, slug, attempt]);
  const refresh = useCallback(() => setAttempt((count) => count + 1), []);
  return { ...read, refresh };
}
