import { type ComponentProps, cloneElement, type ReactElement, type ReactNode, use, useState } from 'react';
import { loadOnce, OnDemand } from './on-demand.tsx';
import { usePortalContainer } from './portal.ts';

type Parts = typeof import('@radix-ui/react-popover');

const loadParts = loadOnce(() => import('@radix-ui/react-popover'));

interface PopoverProps {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  readonly align?: 'start' | 'end';
  /** Loads the module of the content before the popover opens. */
  readonly loadFirst?: () => Promise<unknown>;
  /** Renders the content while the popover is open. */
  readonly children: (close: () => void) => ReactNode;
}

/** A popover that a button opens. Its code is loaded when one is opened for the first time. */
export function Popover(props: PopoverProps) {
  const [parts, setParts] = useState<Promise<Parts> | null>(null);
  const closed = cloneElement(props.trigger, {
    'aria-haspopup': 'dialog',
    'aria-expanded': false,
    onClick: () => setParts(Promise.all([loadParts(), props.loadFirst?.()]).then(([loaded]) => loaded)),
  });
  if (!parts) return closed;
  return (
    <OnDemand fallback={closed} onFailed={() => setParts(null)}>
      <MountedPopover {...props} parts={parts} />
    </OnDemand>
  );
}

function MountedPopover({ trigger, label, align = 'end', children, parts }: PopoverProps & { readonly parts: Promise<Parts> }) {
  const Radix = use(parts);
  const container = usePortalContainer();
  const [isOpen, setOpen] = useState(true);
  return (
    <Radix.Root open={isOpen} onOpenChange={setOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content className="rollcall-popover" align={align} sideOffset={6} collisionPadding={8} aria-label={label}>
          {children(() => setOpen(false))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
