import type { LucideIcon } from 'lucide-react';
import { type ReactNode, use } from 'react';
import { PartsContext } from './menu.tsx';

/** The items of a `Menu`. */

function useParts() {
  return use(PartsContext)!;
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
      className={isDanger ? 'rollcall-menu-item rollcall-menu-item-danger' : 'rollcall-menu-item'}
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
      className="rollcall-menu-item"
      checked={isChecked}
      aria-disabled={whyNot ? true : undefined}
      onCheckedChange={(next) => !whyNot && onChange(next)}
      onSelect={(event) => whyNot && event.preventDefault()}
    >
      <span className="rollcall-menu-check" aria-hidden>
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
  return <Radix.Label className="rollcall-menu-label">{children}</Radix.Label>;
}

export function MenuSeparator() {
  const Radix = useParts();
  return <Radix.Separator className="rollcall-menu-separator" />;
}
