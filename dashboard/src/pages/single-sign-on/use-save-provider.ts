import type { AuthProviderChanges, RestAuthProvider } from '@rollcall/client';
import { useCallback } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';

/** Saves changes of the provider. Resolves to null after an error, which was shown. */
export type SaveProvider = (changes: AuthProviderChanges, done?: string) => Promise<RestAuthProvider | null>;

export function useSaveProvider(refresh: () => void): SaveProvider {
  const org = useOrganization();
  const { run } = useCommands();
  return useCallback(
    async (changes, done) => {
      const saving = run({ send: () => org.updateAuthProvider(changes), keys: ['auth-provider'], ...(done && { done }) });
      const saved = await saving.then(({ data }) => data).catch(() => null);
      refresh();
      return saved;
    },
    [org, run, refresh],
  );
}
