import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { IconButton } from './button.tsx';
import './copy-field.css';

/** Long enough to see that it worked. */
const shownMs = 2_000;

/** A text that is taken elsewhere, and the button that takes it. */
export function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  const announce = useAnnounce();
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
      announce(`${label} was copied`);
    } catch {
      // Without https there is no clipboard: the text is there to be selected.
      announce('This browser does not let the page copy. Select the text instead.');
    }
  };
  return (
    <span className="copy-field">
      <input className="input" aria-label={label} readOnly value={text} onFocus={({ target }) => target.select()} />
      <IconButton icon={isCopied ? Check : Copy} label={isCopied ? 'Copied' : `Copy ${label}`} onClick={copy} />
    </span>
  );
}
