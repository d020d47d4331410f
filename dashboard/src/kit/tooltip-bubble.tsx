import * as Radix from '@radix-ui/react-tooltip';
import type { ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { usePortalContainer } from './portal.ts';
import './tooltip.css';

interface TooltipBubbleProps {
  /** Where the control is on the screen. */
  readonly over: DOMRect;
  readonly children: ReactNode;
  onHide(): void;
  onPointerEnter(): void;
  onPointerLeave(): void;
}

/** The text of a tooltip. It stands at a stand-in for the control, and goes when something scrolls. */
export default function TooltipBubble({ over, children, onHide, onPointerEnter, onPointerLeave }: TooltipBubbleProps) {
  const container = usePortalContainer();
  const { left, top, width, height } = over;
  return (
    <Radix.Provider disableHoverableContent>
      <Radix.Root open onOpenChange={(isOpen) => !isOpen && onHide()}>
        {createPortal(
          <Radix.Trigger asChild>
            <span className="tooltip-anchor" aria-hidden="true" style={{ left, top, width, height }} />
          </Radix.Trigger>,
          container ?? document.body,
        )}
        <Radix.Portal container={container}>
          <Radix.Content
            className="tooltip"
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
