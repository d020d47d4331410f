import { OrgError } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useToasts } from '../../kit/toast-context.ts';
import { explain } from '../../live/commands.tsx';
import { useSudo } from '../../session/sudo.tsx';

/** Makes a call about oneself: the password where a recent login is needed, and a refusal said. Null when it was refused. */
export function useAccountCall() {
  const withSudo = useSudo();
  const toasts = useToasts();
  return useCallback(
    async <T>(call: () => Promise<T>, done?: string): Promise<T | null> => {
      try {
        const answer = await withSudo(call);
        if (done) toasts.show({ text: done });
        return answer;
      } catch (error) {
        if (!(error instanceof OrgError)) throw error;
        if (error.code !== 'aborted') toasts.show({ text: explain(error), isError: true });
        return null;
      }
    },
    [withSudo, toasts],
  );
}

/** What the server says now, and the way to ask again. Null until it answered. */
export function useAnswer<T>(read: () => Promise<T>): readonly [T | null, () => void] {
  const [answer, setAnswer] = useState<T | null>(null);
  const [asked, setAsked] = useState(0);
  const call = useRef(read);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again by its number
  useEffect(() => {
    let isGone = false;
    call.current().then(
      (given) => !isGone && setAnswer(given),
      () => {},
    );
    return () => {
      isGone = true;
    };
  }, [asked]);
  return [answer, () => setAsked((count) => count + 1)];
}
