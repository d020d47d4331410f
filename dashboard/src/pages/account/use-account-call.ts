import { OrgError } from '@rollcall/client';
import { useCallback } from 'react';
import { useToasts } from '../../kit/toast-context.ts';
import { explain } from '../../live/explain.ts';
import { useSudo } from '../../session/sudo.tsx';

/**
 * Calls the account API: asks for the password if a recent login is needed, and shows errors.
 * Resolves to null after an error.
 */
export function useAccountCall() {
  const withSudo = useSudo();
  const toasts = useToasts();
  return useCallback(
    async <T>(call: () => Promise<T>, done?: string): Promise<T | null> => {
      try {
        const result = await withSudo(call);
        if (done) toasts.show({ text: done });
        return result;
      } catch (error) {
        if (!(error instanceof OrgError)) throw error;
        if (error.code !== 'aborted') toasts.show({ text: explain(error), isError: true });
        return null;
      }
    },
    [withSudo, toasts],
  );
}
