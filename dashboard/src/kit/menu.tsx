import type { LucideIcon } from 'lucide-react';
import { type ComponentProps, cloneElement, createContext, type ReactElement, type ReactNode, use, useState } from 'react';
import { classNames } from './class-names.ts';
import { loadOnce, OnDemand } from './on-demand.tsx';
import { usePortalContainer } from './portal.ts';
import './menu.css';

type Parts = typeof import('@radix-ui/react-dropdown-menu');

/** Menus are loaded and mounted when the first is opened: a table has hundreds, and most stay shut. */
const loadParts = loadOnce(() => import('@radix-ui/react-dropdown-menu'));

const PartsContext = createContext<Parts | null>(null);

function useParts(): Parts {
  return use(PartsContext)!;
}

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  readonly align?: 'start' | 'end';
  /** What is in it, made when it opens. */
  readonly children: () => ReactNode;
}

/** Things to do or places to go, opened by a button. Not modal: the page behind it goes on. */
export function Menu(props: MenuProps) {
  // Kept here: what is being loaded forgets its own state.
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
    <OnDemand meanwhile={closed} onFailed={() => setParts(null)}>
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
  /** Why it cannot be chosen, said below its words. */
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

/** One of several to choose from, marked where it is chosen. */
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
