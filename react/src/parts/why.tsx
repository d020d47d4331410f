import { type ReactElement, type ReactNode, useId } from 'react';
import { Tooltip } from './tooltip.tsx';

/**
 * The attributes of a disabled control. It stays focusable, so that everyone can read the reason.
 */
export interface WhyProps {
  readonly 'aria-disabled'?: true;
  readonly 'aria-describedby'?: string;
}

/** Shows the reason why a control is disabled, as a tooltip and as its accessible description. */
export function Why({ reason, children }: { readonly reason: ReactNode; readonly children: (props: WhyProps) => ReactElement }) {
  const id = useId();
  if (!reason) return children({});
  return (
    <>
      <Tooltip text={reason}>{children({ 'aria-disabled': true, 'aria-describedby': id })}</Tooltip>
      <span id={id} hidden>
        {reason}
      </span>
    </>
  );
}
