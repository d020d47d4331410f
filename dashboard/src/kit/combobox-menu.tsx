import { type ComponentProps, lazy, type ReactElement, type ReactNode } from 'react';
import { loadOnce } from './on-demand.tsx';
import { Popover } from './popover.tsx';
import type { Choice } from './use-choosing.ts';

const loadContent = loadOnce(() => import('./combobox-menu-content.tsx'));
const MenuContent = lazy(loadContent);

interface ComboboxMenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly label: string;
  /** Made when it opens. */
  readonly options: () => readonly Choice[];
  /** Shown in place of the search when there is nothing to choose. */
  readonly none: ReactNode;
  onChoose(value: string): void;
}

/** A button that opens a searched list: a menu, for lists that may be long. */
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
