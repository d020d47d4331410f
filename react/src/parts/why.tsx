import { type ReactElement, type ReactNode, useId } from 'react';
import { Tooltip } from './tooltip.tsx';

/**
 * The attributes of a disabled control. It stays focusable, so that everyone can read the reason.
 */
export interface WhyProps {
  readonly 'aria-disabled'?: true;
  readonly 'aria-describedby'?: string;
}

/**
 * Shows the reason why a control is disabled, as a tooltip and as its accessible description. The
 * control stays the same element with and without a reason. A click that begins before the reason
 * ends would otherwise be lost, and so would the focus.
 */
export function Why({ reason, children }: { readonly reason: ReactNode; readonly children: (props: WhyProps) => ReactElement }) {
  const id = useId();
  return (
    <>
      <Tooltip text={reason}>{children(reason ? { 'aria-disabled': true, 'aria-describedby': id } : {})}</Tooltip>
      {reason && (
        <span id={id} hidden>
          {reason}
        </span>
      )}
    </>
  );
}
