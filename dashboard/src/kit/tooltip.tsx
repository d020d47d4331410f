import * as Radix from '@radix-ui/react-tooltip';
import type { ReactElement, ReactNode } from 'react';
import { usePortalContainer } from './portal.ts';
import './tooltip.css';

export const TooltipProvider = Radix.Provider;

/** Says more about a control that has a name already. Its child must take a ref and be reachable by keyboard. */
export function Tooltip({ text, children }: { readonly text: ReactNode; readonly children: ReactElement }) {
  const container = usePortalContainer();
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
