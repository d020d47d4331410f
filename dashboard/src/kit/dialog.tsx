import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { PortalProvider } from './portal.ts';
import { putOnTop } from './top-layer.tsx';
import './dialog.css';

interface DialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  /** What there is to do, in a row below. */
  readonly actions?: ReactNode;
  /** At the side of the page, for details that are read beside it. */
  readonly isPanel?: boolean;
  onClose(): void;
}

/**
 * A modal dialog, open for as long as it is drawn. The browser's own: it keeps the focus within, gives it back, and makes the
 * rest of the page inert, without the style elements that our security policy forbids.
 * The focus begins at what has `data-autofocus`, else at the title.
 */
export function Dialog({ title, description, children, actions, isPanel = false, onClose }: DialogProps) {
  const titleId = useId();
  const descriptionId = useId();
  const ref = useRef<HTMLDialogElement>(null);
  const [container, setContainer] = useState<HTMLElement | null>(null);
  useEffect(() => {
    const dialog = ref.current!;
    const opener = document.activeElement;
    if (!dialog.open) dialog.showModal();
    // The browser would go to the first button, which closes it.
    (dialog.querySelector<HTMLElement>('[data-autofocus]') ?? dialog.querySelector<HTMLElement>('h1')!).focus();
    setContainer(dialog);
    const takeAway = putOnTop(dialog);
    return () => {
      takeAway();
      dialog.close();
      // A row that moved while the dialog was open is another element than before: the browser then finds nothing to return to.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={classNames('dialog', isPanel && 'dialog-panel')}
      aria-labelledby={titleId}
      aria-describedby={description ? descriptionId : undefined}
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <PortalProvider value={container}>
        <div className="dialog-body">
          <header className="dialog-header">
            {/* What is behind it cannot be reached meanwhile: this is the page now. */}
            <h1 id={titleId} tabIndex={-1}>
              {title}
            </h1>
            <IconButton icon={X} label="Close" onClick={onClose} />
          </header>
          {description && (
            <div id={descriptionId} className="dialog-description">
              {description}
            </div>
          )}
          {children}
          {actions && <footer className="dialog-actions">{actions}</footer>}
        </div>
      </PortalProvider>
    </dialog>
  );
}
