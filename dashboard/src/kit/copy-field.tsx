import { Check, Copy } from 'lucide-react';
import { Button, IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { useCopy } from './use-copy.ts';
import './copy-field.css';

interface CopyFieldProps {
  readonly label: string;
  readonly text: string;
  /** It is what a dialog is about: larger, and the focus begins at its button. */
  readonly isMain?: boolean;
}

/** A text that is taken elsewhere, and the button that takes it. */
export function CopyField({ label, text, isMain }: CopyFieldProps) {
  const { isCopied, copy } = useCopy(text, `${label} was copied`);
  const icon = isCopied ? Check : Copy;
  return (
    <span className={classNames('copy-field', isMain && 'copy-field-main')}>
      <input className="input" aria-label={label} readOnly value={text} spellCheck={false} onFocus={({ target }) => target.select()} />
      {isMain ? (
        <Button icon={icon} variant="primary" onClick={copy} data-autofocus>
          {isCopied ? 'Copied' : 'Copy'}
        </Button>
      ) : (
        <IconButton icon={icon} label={isCopied ? 'Copied' : `Copy ${label}`} onClick={copy} />
      )}
    </span>
  );
}
