import { useEffect, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { useToasts } from './toast-context.ts';

/** Time during which the button shows that the text was copied. */
const shownMs = 2_000;

/** Copies a text to the clipboard, then announces `done` to screen readers. */
export function useCopy(text: string, done: string, onCopied?: () => void) {
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
      onCopied?.();
      announce(done);
    } catch {
      // Browsers give access to the clipboard over HTTPS only.
      toasts.show({ text: 'Couldn’t copy the text. Select it and copy it yourself.', isError: true });
    }
  };
  return { isCopied, copy };
}
