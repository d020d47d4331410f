import { useLeaveQuestion } from '@rollcall/react/parts';
import { type ReactNode, useState } from 'react';
import { Button } from './button.ts';
import { CopyField } from './copy-field.tsx';
import { Dialog } from './dialog.ts';
import { Notice } from './notice.tsx';

interface SecretDialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** The omission: "You haven’t copied this token". */
  readonly warning: string;
  readonly isSaved: boolean;
  /** The reason why “Done” is disabled. */
  readonly whyNotDone?: string | null;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  onClose(): void;
}

// The same for one token and for several codes.
const shownOnce = 'This is the only time that you can see this.';

/**
 * Shows a secret that can’t be shown again. Until it is saved, Escape, a click outside and leaving
 * the page only warn.
 */
export function SecretDialog(props: SecretDialogProps) {
  const { title, description, warning, isSaved, whyNotDone = null, actions, children, onClose } = props;
  const [isWarned, setWarned] = useState(false);
  useLeaveQuestion(isSaved ? null : { title: `${warning}. Leave anyway?`, text: shownOnce, action: 'Leave' });
  return (
    <Dialog
      title={title}
      description={description}
      onClose={() => (isSaved ? onClose() : setWarned(true))}
      actions={
        <>
          {actions}
          {isWarned && !isSaved && (
            <Button variant="danger" onClick={onClose}>
              Close anyway
            </Button>
          )}
          {/* Stays in its place, so that a double click doesn’t close the dialog. */}
          <Button variant="plain" whyNot={whyNotDone} onClick={() => (isSaved ? onClose() : setWarned(true))}>
            Done
          </Button>
        </>
      }
    >
      {children}
      {isWarned && !isSaved && (
        <p className="rollcall-field-error" role="alert">
          {warning}. {shownOnce}
        </p>
      )}
    </Dialog>
  );
}

interface CopyDialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** "Token", "Signing secret". */
  readonly label: string;
  /** In a sentence: "token", "secret". */
  readonly noun: string;
  readonly text: string;
  /** The consequence if it is not copied now. */
  readonly notice: ReactNode;
  /** Shown above. */
  readonly children?: ReactNode;
  onClose(): void;
}

/** Shows a secret to copy. */
export function CopyDialog({ title, description, label, noun, text, notice, children, onClose }: CopyDialogProps) {
  const [isCopied, setCopied] = useState(false);
  return (
    <SecretDialog title={title} description={description} warning={`You haven’t copied this ${noun}`} isSaved={isCopied} onClose={onClose}>
      {children}
      <Notice role="alert">{notice}</Notice>
      <CopyField label={label} text={text} isMain onCopied={() => setCopied(true)} />
    </SecretDialog>
  );
}
