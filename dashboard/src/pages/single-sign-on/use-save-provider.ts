import type { AuthProviderChanges } from '@rollcall/client';
import { useCallback } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';

/** Saves changes of the provider. Resolves after an error too, which was shown. */
export type SaveProvider = (changes: AuthProviderChanges, done?: string) => Promise<void>;

export function useSaveProvider(refresh: () => void): SaveProvider {
  const org = useOrganization();
  const { run } = useCommands();
  return useCallback(
    async (changes, done) => {
      await run({ send: () => org.updateAuthProvider(changes), keys: ['auth-provider'], ...(done && { done }) }).catch(() => {});
      refresh();
    },
    [org, run, refresh],
  );
}
