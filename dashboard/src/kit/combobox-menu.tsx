import { type ComponentProps, type KeyboardEvent, type ReactElement, type ReactNode, useId, useRef, useState } from 'react';
import { ChoiceList } from './choice-list.tsx';
import { Popover } from './popover.tsx';
import { type Choice, choiceId, useChoosing } from './use-choosing.ts';
import './combobox.css';

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
    <Popover label={label} align="start" trigger={trigger}>
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

function MenuContent({ label, options: make, none, onChoose }: Omit<ComboboxMenuProps, 'trigger'>) {
  // What is listed stays while one chooses.
  const [options] = useState(make);
  const listId = useId();
  const field = useRef<HTMLInputElement>(null);
  const { text, found, active, setText, setActive, onMoveKey } = useChoosing(options);
  const onKeyDown = (event: KeyboardEvent) => {
    if (onMoveKey(event) || event.key !== 'Enter') return;
    event.preventDefault();
    if (found[active]) onChoose(found[active].value);
  };
  if (options.length === 0) return <p className="choice-none">{none}</p>;
  const hasList = found.length > 0;
  return (
    <div className="combobox-menu">
      <input
        ref={field}
        type="text"
        role="combobox"
        className="input"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={hasList}
        aria-controls={hasList ? listId : undefined}
        aria-activedescendant={hasList ? choiceId(listId, active) : undefined}
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps the focus in the field. */}
      <div onMouseDown={(event) => event.preventDefault()}>
        <ChoiceList
          id={listId}
          label={label}
          found={found}
          active={active}
          onActive={setActive}
          onChoose={({ value }) => onChoose(value)}
        />
      </div>
    </div>
  );
}
