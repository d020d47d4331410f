import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { IconButton } from './button.tsx';
import { PortalProvider } from './portal.ts';
import { putOnTop } from './top-layer.tsx';

export interface DialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  /** The buttons in the footer. */
  readonly actions?: ReactNode;
  /** Shown at the side of the page, for the details of a record. */
  readonly isPanel?: boolean;
  onClose(): void;
}

/**
 * A modal dialog, open while it is rendered. The native element contains and restores the focus and
 * makes the rest of the page inert, without style elements, which a security policy may forbid. The
 * element with `data-autofocus` gets the focus first, otherwise the title.
 */
export function Dialog({ title, description, children, actions, isPanel = false, onClose }: DialogProps) {
  const titleId = useId();
  const descriptionId = useId();
  const ref = useRef<HTMLDialogElement>(null);
  const [container, setContainer] = useState<HTMLElement | null>(null);
  useEffect(() => {
    const dialog = ref.current!;
    const opener = document.activeElement;
    showModal(dialog);
    setContainer(dialog);
    const takeAway = putOnTop(dialog);
    return () => {
      takeAway();
      dialog.close();
      // If a row moved while the dialog was open, the browser has lost the element to return to.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={isPanel ? 'rollcall-dialog rollcall-dialog-panel' : 'rollcall-dialog'}
      aria-labelledby={titleId}
      aria-describedby={description ? descriptionId : undefined}
      onKeyDown={(event) => {
        // The browser would close a dialog that refuses to close, and the next Escape, before it is
        // shown again, the dialog below.
        if (event.key !== 'Escape' || event.defaultPrevented || event.nativeEvent.isComposing) return;
        event.preventDefault();
        onClose();
      }}
      onCancel={(event) => {
        // A dialog that the browser closes anyway asks in `onClose`, after it was shown again: a
        // question that opens before would be below it.
        if (event.target !== event.currentTarget || !event.cancelable) return;
        event.preventDefault();
        onClose();
      }}
      onClose={({ target, currentTarget }) => {
        if (target !== currentTarget || !currentTarget.isConnected) return;
        // Without a click before, browsers close a dialog on Escape and can’t be stopped.
        showModal(currentTarget);
        onClose();
      }}
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <PortalProvider value={container}>
        <div className="rollcall-dialog-body">
          <header className="rollcall-dialog-header">
            {/* Level 1, since the rest of the page is inert while the dialog is open. */}
            <h1 id={titleId} tabIndex={-1}>
              {title}
            </h1>
            <IconButton icon={X} label="Close" onClick={onClose} />
          </header>
          {description && (
            <div id={descriptionId} className="rollcall-dialog-description">
              {description}
            </div>
          )}
          {children}
          {actions && <footer className="rollcall-dialog-actions">{actions}</footer>}
        </div>
      </PortalProvider>
    </dialog>
  );
}

function showModal(dialog: HTMLDialogElement): void {
  if (!dialog.open) dialog.showModal();
  // The browser would focus the first button, which closes the dialog.
  (dialog.querySelector<HTMLElement>('[data-autofocus]') ?? dialog.querySelector('h1'))!.focus();
}
