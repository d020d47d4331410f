import { type ComponentProps, cloneElement, type ReactElement, type ReactNode, use, useState } from 'react';
import { loadOnce, OnDemand } from './on-demand.tsx';
import { usePortalContainer } from './portal.ts';
import './popover.css';

type Parts = typeof import('@radix-ui/react-popover');

const loadParts = loadOnce(() => import('@radix-ui/react-popover'));

interface PopoverProps {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  /** What is in it, made while it is open. */
  readonly children: () => ReactNode;
}

/** More about something, opened by a button. Loaded when the first is, like menus. */
export function Popover(props: PopoverProps) {
  const [parts, setParts] = useState<Promise<Parts> | null>(null);
  const closed = cloneElement(props.trigger, {
    'aria-haspopup': 'dialog',
    'aria-expanded': false,
    onClick: () => setParts(loadParts()),
  });
  if (!parts) return closed;
  return (
    <OnDemand meanwhile={closed} onFailed={() => setParts(null)}>
      <MountedPopover {...props} parts={parts} />
    </OnDemand>
  );
}

function MountedPopover({ trigger, label, children, parts }: PopoverProps & { readonly parts: Promise<Parts> }) {
  const Radix = use(parts);
  const container = usePortalContainer();
  return (
    <Radix.Root defaultOpen>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content className="popover" align="end" sideOffset={6} collisionPadding={8} aria-label={label}>
          {children()}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
