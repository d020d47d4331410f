import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { Button } from './button.tsx';
import { useToasts } from './toasts.tsx';
import './copy-text.css';

/** A text that is to be taken elsewhere, whole. */
export function CopyText({ label, text }: { readonly label: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  const announce = useAnnounce();
  const toasts = useToasts();
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true);
        announce(`${label}: copied`);
      },
      () => toasts.show({ text: 'The browser did not allow copying. Select the text instead.', isError: true }),
    );
  return (
    <div className="copy-text">
      <input
        className="input"
        aria-label={label}
        readOnly
        value={text}
        spellCheck={false}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button icon={isCopied ? Check : Copy} variant="primary" onClick={copy} data-autofocus>
        {isCopied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}
