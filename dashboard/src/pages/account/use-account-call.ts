import { OrgError } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';
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

/** The result of a read, null until it arrived, and a function to read again. */
export function useRead<T>(read: () => Promise<T>): readonly [T | null, () => void] {
  const [result, setResult] = useState<T | null>(null);
  const [reads, setReads] = useState(0);
  const call = useRef(read);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the counter triggers another read
  useEffect(() => {
    let isGone = false;
    call.current().then(
      (given) => !isGone && setResult(given),
      () => {},
    );
    return () => {
      isGone = true;
    };
  }, [reads]);
  return [result, () => setReads((count) => count + 1)];
}
