import { type ComponentProps, cloneElement, type ReactElement, type ReactNode, Suspense, use, useState } from 'react';
import { usePortalContainer } from './portal.ts';
import './popover.css';

type Parts = typeof import('@radix-ui/react-popover');

let loading: Promise<Parts> | undefined;

function loadParts(): Promise<Parts> {
  loading ??= import('@radix-ui/react-popover');
  return loading;
}

interface PopoverProps {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  /** What is in it, made while it is open. */
  readonly children: () => ReactNode;
}

/** More about something, opened by a button. Loaded when the first is, like menus. */
export function Popover(props: PopoverProps) {
  const [isWanted, setWanted] = useState(false);
  const closed = cloneElement(props.trigger, {
    'aria-haspopup': 'dialog',
    'aria-expanded': false,
    onClick: () => setWanted(true),
  });
  if (!isWanted) return closed;
  return (
    <Suspense fallback={closed}>
      <MountedPopover {...props} />
    </Suspense>
  );
}

function MountedPopover({ trigger, label, children }: PopoverProps) {
  const Radix = use(loadParts());
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
