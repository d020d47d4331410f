import { useEffect, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { useToasts } from './toast-context.ts';

/** Long enough to see that it worked. */
const shownMs = 2_000;

/** Puts a text where it can be pasted from; `done` is what a screen reader says then. */
export function useCopy(text: string, done: string) {
  const announce = useAnnounce();
  const toasts = useToasts();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce(done);
    } catch {
      // Without https there is no clipboard: the text is there to be selected.
      toasts.show({ text: 'This browser does not let the page copy. Select the text instead.', isError: true });
    }
  };
  return { isCopied, copy };
}
