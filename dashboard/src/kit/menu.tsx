import type { LucideIcon } from 'lucide-react';
import { type ComponentProps, cloneElement, createContext, type ReactElement, type ReactNode, use, useState } from 'react';
import { classNames } from './class-names.ts';
import { loadOnce, OnDemand } from './on-demand.tsx';
import { usePortalContainer } from './portal.ts';
import './menu.css';

type Parts = typeof import('@radix-ui/react-dropdown-menu');

/**
 * Loaded when a menu is opened for the first time: a table has hundreds, and most are never opened.
 */
const loadParts = loadOnce(() => import('@radix-ui/react-dropdown-menu'));

const PartsContext = createContext<Parts | null>(null);

function useParts(): Parts {
  return use(PartsContext)!;
}

interface MenuProps {
  /** The button that opens the menu. */
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  readonly align?: 'start' | 'end';
  /** Renders the items. Called when the menu opens. */
  readonly children: () => ReactNode;
}

/** A menu of actions or links, opened by a button. Not modal. */
export function Menu(props: MenuProps) {
  // Stored here, since a component that suspends loses its own state.
  const [parts, setParts] = useState<Promise<Parts> | null>(null);
  const open = () => setParts(loadParts());
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
          <Radix.Content className="menu" aria-label={label} align={align} sideOffset={5} collisionPadding={8}>
            {children()}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </PartsContext>
  );
}

interface MenuItemProps {
  readonly icon?: LucideIcon;
  readonly isDanger?: boolean;
  /** The reason why the item is disabled, shown below its label. */
  readonly whyNot?: string | null;
  readonly children: ReactNode;
  onChoose(): void;
}

export function MenuItem({ icon: Icon, isDanger, whyNot, children, onChoose }: MenuItemProps) {
  const Radix = useParts();
  return (
    <Radix.Item
      className={classNames('menu-item', isDanger && 'menu-item-danger')}
      aria-disabled={whyNot ? true : undefined}
      onSelect={(event) => (whyNot ? event.preventDefault() : onChoose())}
    >
      {Icon && <Icon size={15} aria-hidden />}
      <span>
        {children}
        {whyNot && <small>{whyNot}</small>}
      </span>
    </Radix.Item>
  );
}

interface MenuCheckProps {
  readonly isChecked: boolean;
  readonly whyNot?: string | null;
  readonly children: ReactNode;
  onChange(isChecked: boolean): void;
}

/** An item that can be checked. */
export function MenuCheck({ isChecked, whyNot, children, onChange }: MenuCheckProps) {
  const Radix = useParts();
  return (
    <Radix.CheckboxItem
      className="menu-item"
      checked={isChecked}
      aria-disabled={whyNot ? true : undefined}
      onCheckedChange={(next) => !whyNot && onChange(next)}
      onSelect={(event) => whyNot && event.preventDefault()}
    >
      <span className="menu-check" aria-hidden>
        <Radix.ItemIndicator>✓</Radix.ItemIndicator>
      </span>
      <span>
        {children}
        {whyNot && <small>{whyNot}</small>}
      </span>
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  const Radix = useParts();
  return <Radix.Label className="menu-label">{children}</Radix.Label>;
}

export function MenuSeparator() {
  const Radix = useParts();
  return <Radix.Separator className="menu-separator" />;
}
