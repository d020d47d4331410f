import { classNames } from '@rollcall/react/parts';
import { Check, Copy } from 'lucide-react';
import { Button, IconButton } from './button.ts';
import { useCopy } from './use-copy.ts';
import './copy-field.css';

interface CopyFieldProps {
  readonly label: string;
  readonly text: string;
  /** The main content of a dialog: larger, and its button gets the focus. */
  readonly isMain?: boolean;
  /** Called after the text was copied, with or without the button. */
  onCopied?(): void;
}

/** A read-only text with a button to copy it. */
export function CopyField({ label, text, isMain, onCopied }: CopyFieldProps) {
  const { isCopied, copy } = useCopy(text, `${label} copied`, onCopied);
  const icon = isCopied ? Check : Copy;
  return (
    <span className={classNames('copy-field', isMain && 'copy-field-main')}>
      <input
        className="rollcall-input"
        aria-label={label}
        readOnly
        value={text}
        spellCheck={false}
        onFocus={({ target }) => target.select()}
        onCopy={onCopied}
      />
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

interface NamedCopyFieldProps {
  readonly name: string;
  /** The accessible name of the field. Default: `name`. */
  readonly label?: string;
  readonly text: string;
  readonly hint?: string;
}

/** A text to copy with its visible name, and a hint where to enter it. */
export function NamedCopyField({ name, label = name, text, hint }: NamedCopyFieldProps) {
  return (
    <div className="named-copy-field">
      <strong>{name}</strong>
      <CopyField label={label} text={text} />
      {hint && <p className="rollcall-field-hint">{hint}</p>}
    </div>
  );
}
