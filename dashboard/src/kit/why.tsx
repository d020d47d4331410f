import { type ReactElement, type ReactNode, useId } from 'react';
import { Tooltip } from './tooltip.tsx';

/** What a control that cannot be used takes. It stays reachable, so that its reason can be heard and read. */
export interface WhyProps {
  readonly 'aria-disabled'?: true;
  readonly 'aria-describedby'?: string;
}

/** A control, and why it cannot be used where `reason` says so: by tooltip, and for those who don't see it by description. */
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
