import { type Choice, ChoiceList, choiceId, useChoosing } from '@rollcall/react/parts';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import './combobox-menu.css';

interface MenuContentProps {
  readonly label: string;
  readonly options: () => readonly Choice[];
  readonly none: ReactNode;
  onChoose(value: string): void;
}

/** A search field with the list of matches below it. */
export default function MenuContent({ label, options: make, none, onChoose }: MenuContentProps) {
  // The options stay the same while the menu is open.
  const [options] = useState(make);
  const listId = useId();
  const { text, found, active, setText, setActive, onMoveKey } = useChoosing(options);
  const onKeyDown = (event: KeyboardEvent) => {
    if (onMoveKey(event) || event.key !== 'Enter') return;
    event.preventDefault();
    if (found[active]) onChoose(found[active].value);
  };
  if (options.length === 0) return <p className="rollcall-choice-none">{none}</p>;
  const hasList = found.length > 0;
  return (
    <div className="combobox-menu">
      <input
        type="text"
        role="combobox"
        className="rollcall-input"
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
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keeps the focus in the field. */}
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
