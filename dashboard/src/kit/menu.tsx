import * as Radix from '@radix-ui/react-dropdown-menu';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { usePortalContainer } from './portal.ts';
import './menu.css';

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly label: string;
  readonly align?: 'start' | 'end';
  readonly children: ReactNode;
}

/** Things to do or places to go, opened by a button. Not modal: the page behind it goes on. */
export function Menu({ trigger, label, align = 'end', children }: MenuProps) {
  const container = usePortalContainer();
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content className="menu" aria-label={label} align={align} sideOffset={5} collisionPadding={8}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
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
  readonly children: ReactNode;
  onChange(isChecked: boolean): void;
}

/** One of several that can be chosen together: the menu stays open. */
export function MenuCheck({ isChecked, children, onChange }: MenuCheckProps) {
  return (
    <Radix.CheckboxItem className="menu-item" checked={isChecked} onCheckedChange={onChange} onSelect={(event) => event.preventDefault()}>
      <span className="menu-check" aria-hidden>
        <Radix.ItemIndicator>✓</Radix.ItemIndicator>
      </span>
      <span>{children}</span>
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className="menu-label">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="menu-separator" />;
}
