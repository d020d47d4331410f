import {
  cloneElement,
  type FocusEvent,
  lazy,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { loadOnce, OnDemand } from './on-demand.tsx';

/** Until a pointer that rests on a control is taken to ask. */
const showAfterMs = 300;

/** Time to move the pointer from the control onto the text, which can be read longer there. */
const hideAfterMs = 150;

const loadBubble = loadOnce(() => import('./tooltip-bubble.tsx'));
const TooltipBubble = lazy(loadBubble);

interface ChildProps {
  onPointerEnter?(event: PointerEvent<HTMLElement>): void;
  onPointerLeave?(event: PointerEvent<HTMLElement>): void;
  onPointerDown?(event: PointerEvent<HTMLElement>): void;
  onFocus?(event: FocusEvent<HTMLElement>): void;
  onBlur?(event: FocusEvent<HTMLElement>): void;
}

/**
 * Shows more about a control, which says the same by its name or description to those who do not see it. The control must hand
 * events on and be reachable by keyboard.
 * What places the text is loaded when the first is asked for. The child is never mounted anew: it may have the focus.
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
          if (event.pointerType === 'touch') return;
          const control = event.currentTarget;
          // That it cannot be loaded is said when it is to be drawn.
          loadBubble().catch(() => {});
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
          if (event.currentTarget.matches(':focus-visible')) setOver(event.currentTarget.getBoundingClientRect());
        },
        onBlur(event) {
          own.onBlur?.(event);
          hide();
        },
      })}
      {over && (
        <OnDemand meanwhile={null} onFailed={hide}>
          <TooltipBubble over={over} onHide={hide} onPointerEnter={keep} onPointerLeave={hideSoon}>
            {text}
          </TooltipBubble>
        </OnDemand>
      )}
    </>
  );
}
