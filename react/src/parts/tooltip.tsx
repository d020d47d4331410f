import { cloneElement, type FocusEvent, type PointerEvent, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react';
import { loadable, OnDemand } from './on-demand.tsx';

/** Time that the pointer must rest on a control. */
const showAfterMs = 300;

/** Time to move the pointer from the control onto the bubble, which stays open there. */
const hideAfterMs = 150;

const TooltipBubble = loadable(() => import('./tooltip-bubble.tsx'));

interface ChildProps {
  onPointerEnter?(event: PointerEvent<HTMLElement>): void;
  onPointerLeave?(event: PointerEvent<HTMLElement>): void;
  onPointerDown?(event: PointerEvent<HTMLElement>): void;
  onFocus?(event: FocusEvent<HTMLElement>): void;
  onBlur?(event: FocusEvent<HTMLElement>): void;
}

/**
 * A visual tooltip. The control must have the same text as its accessible name or description, pass
 * events on, and be focusable. The bubble's code is loaded when the first tooltip is about to open.
 * The child is never remounted, since it may have the focus. Without a text, nothing is shown.
 */
export function Tooltip({ text, children }: { readonly text: ReactNode; readonly children: ReactElement }) {
  const [over, setOver] = useState<DOMRect | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const after = (ms: number, act: () => void) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(act, ms);
  };
  const keep = () => clearTimeout(timer.current);
  const hide = () => {
    keep();
    setOver(null);
  };
  const hideSoon = () => after(hideAfterMs, hide);
  const child = children as ReactElement<ChildProps>;
  const own = child.props;
  return (
    <>
      {cloneElement(child, {
        onPointerEnter(event) {
          own.onPointerEnter?.(event);
          if (!text || event.pointerType === 'touch') return;
          const control = event.currentTarget;
          // A failure is shown when the bubble is rendered.
          TooltipBubble.load().catch(() => {});
          after(showAfterMs, () => setOver(control.getBoundingClientRect()));
        },
        onPointerLeave(event) {
          own.onPointerLeave?.(event);
          hideSoon();
        },
        onPointerDown(event) {
          own.onPointerDown?.(event);
          hide();
        },
        onFocus(event) {
          own.onFocus?.(event);
          if (text && event.currentTarget.matches(':focus-visible')) setOver(event.currentTarget.getBoundingClientRect());
        },
        onBlur(event) {
          own.onBlur?.(event);
          hide();
        },
      })}
      {text && over && (
        <OnDemand fallback={null} onFailed={hide}>
          <TooltipBubble over={over} onHide={hide} onPointerEnter={keep} onPointerLeave={hideSoon}>
            {text}
          </TooltipBubble>
        </OnDemand>
      )}
    </>
  );
}
