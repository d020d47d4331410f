import { type ComponentProps, cloneElement, createContext, type ReactElement, type ReactNode, use, useState } from 'react';
import { loadOnce, OnDemand } from './on-demand.tsx';
import { usePortalContainer } from './portal.ts';

type Parts = typeof import('@radix-ui/react-dropdown-menu');

/**
 * Loaded when a menu is opened for the first time: a table has hundreds, and most are never opened.
 */
const loadParts = loadOnce(() => import('@radix-ui/react-dropdown-menu'));

export const PartsContext = createContext<Parts | null>(null);

interface MenuProps {
  /** The button that opens the menu. */
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  readonly align?: 'start' | 'end';
  /** Loads the module of the items before the menu opens. */
  readonly loadFirst?: () => Promise<unknown>;
  /** Renders the items. Called when the menu opens. */
  readonly children: () => ReactNode;
}

/** A menu of actions or links, opened by a button. Not modal. */
export function Menu(props: MenuProps) {
  // Stored here, since a component that suspends loses its own state.
  const [parts, setParts] = useState<Promise<Parts> | null>(null);
  const open = () => setParts(Promise.all([loadParts(), props.loadFirst?.()]).then(([loaded]) => loaded));
  const closed = cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onClick: open,
    onKeyDown(event) {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      open();
    },
  });
  if (!parts) return closed;
  return (
    <OnDemand fallback={closed} onFailed={() => setParts(null)}>
      <MountedMenu {...props} parts={parts} />
    </OnDemand>
  );
}

function MountedMenu({ trigger, label, align = 'end', children, parts }: MenuProps & { readonly parts: Promise<Parts> }) {
  const Radix = use(parts);
  const container = usePortalContainer();
  return (
    <PartsContext value={Radix}>
      <Radix.Root modal={false} defaultOpen>
        <Radix.Trigger asChild>{trigger}</Radix.Trigger>
        <Radix.Portal container={container}>
          <Radix.Content className="rollcall-menu" aria-label={label} align={align} sideOffset={5} collisionPadding={8}>
            {children()}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </PartsContext>
  );
}
