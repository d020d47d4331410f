import * as Radix from '@radix-ui/react-tooltip';
import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { usePortalContainer } from './portal.ts';

interface TooltipBubbleProps {
  /** The position of the control in the window. */
  readonly over: DOMRect;
  readonly children: ReactNode;
  onHide(): void;
  onPointerEnter(): void;
  onPointerLeave(): void;
}

/**
 * The bubble of a tooltip. Its anchor has the box of the control, and it closes on scrolling.
 */
export default function TooltipBubble({ over, children, onHide, onPointerEnter, onPointerLeave }: TooltipBubbleProps) {
  const container = usePortalContainer();
  const { left, top, width, height } = over;
  return (
    <Radix.Provider disableHoverableContent>
      <Radix.Root open onOpenChange={(isOpen) => !isOpen && onHide()}>
        {createPortal(
          <Radix.Trigger asChild>
            <span className="rollcall-tooltip-anchor" aria-hidden="true" style={{ left, top, width, height }} />
          </Radix.Trigger>,
          container ?? document.body,
        )}
        <Radix.Portal container={container}>
          <Radix.Content
            className="rollcall-tooltip"
            sideOffset={6}
            collisionPadding={8}
            onPointerEnter={onPointerEnter}
            onPointerLeave={onPointerLeave}
          >
            {children}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
