import { type Choice, loadable, Popover } from '@rollcall/react/parts';
import type { ComponentProps, ReactElement, ReactNode } from 'react';

const MenuContent = loadable(() => import('./combobox-menu-content.tsx'));

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
    <Popover label={label} align="start" trigger={trigger} loadFirst={MenuContent.load}>
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
