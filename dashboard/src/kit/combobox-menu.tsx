import { type Choice, loadOnce, Popover } from '@rollcall/react/parts';
import { type ComponentProps, lazy, type ReactElement, type ReactNode } from 'react';

const loadContent = loadOnce(() => import('./combobox-menu-content.tsx'));
const MenuContent = lazy(loadContent);

interface ComboboxMenuProps {
  /** The button that opens the menu. */
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  /** Called when the menu opens. */
  readonly options: () => readonly Choice[];
  /** Replaces the search if there are no options. */
  readonly none: ReactNode;
  onChoose(value: string): void;
}

/** A button that opens a searchable list, for lists that can be too long for a menu. */
export function ComboboxMenu({ trigger, label, options, none, onChoose }: ComboboxMenuProps) {
  return (
    <Popover label={label} align="start" trigger={trigger} loadFirst={loadContent}>
      {(close) => (
        <MenuContent
          label={label}
          options={options}
          none={none}
          onChoose={(value) => {
            close();
            onChoose(value);
          }}
        />
      )}
    </Popover>
  );
}
