import { type ComponentProps, type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { classNames } from './class-names.ts';
import { loadable, OnDemand } from './on-demand.tsx';
import { type Choice, choiceId, useChoosing } from './use-choosing.ts';
import { Why } from './why.tsx';

/** Loaded when a list is opened for the first time. */
const ComboboxPopup = loadable(() => import('./combobox-popup.tsx'));

interface ComboboxProps extends Pick<ComponentProps<'input'>, 'id' | 'aria-invalid' | 'aria-describedby' | 'placeholder'> {
  /** The chosen value; empty if the list only adds entries. */
  readonly value: string;
  /** Must be the same array between renders while the entries are the same. */
  readonly options: readonly Choice[];
  /** The accessible name, if there is no visible label. */
  readonly label?: string;
  /** The reason why the field is disabled. It can still be focused. */
  readonly whyNot?: ReactNode;
  readonly className?: string;
  onValue(value: string): void;
}

/**
 * A field to search and choose from a list of any length, by the combobox pattern of WAI-ARIA:
 * typing filters, arrows move, Enter chooses, Escape closes. Leaving the field keeps the previous
 * value.
 */
export function Combobox({ value, options, label, whyNot, className, onValue, ...rest }: ComboboxProps) {
  const [isOpen, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const { text, found, active, setText, setActive, onMoveKey } = useChoosing(options);
  const chosen = options.find((option) => option.value === value);
  const open = () => {
    if (isOpen || whyNot) return;
    setText('');
    setActive(
      Math.max(
        0,
        options.findIndex((option) => option.value === value),
      ),
    );
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    setText('');
  };
  const choose = (choice: Choice) => {
    close();
    onValue(choice.value);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      return open();
    }
    if (onMoveKey(event)) return;
    if (event.key === 'Enter' || event.key === 'Escape') {
      // The form must not submit and the dialog must not close.
      event.preventDefault();
      event.stopPropagation();
      if (event.key === 'Escape') close();
      else if (found[active]) choose(found[active]);
    }
  };
  const hasList = isOpen && found.length > 0;
  return (
    <>
      <Why reason={whyNot}>
        {(why) => (
          <input
            {...rest}
            ref={input}
            type="text"
            role="combobox"
            className={classNames('rollcall-input rollcall-combobox', className)}
            aria-label={label}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-expanded={hasList}
            aria-controls={hasList ? listId : undefined}
            aria-activedescendant={hasList ? choiceId(listId, active) : undefined}
            autoComplete="off"
            spellCheck={false}
            readOnly={Boolean(whyNot)}
            value={isOpen ? text : (chosen?.label ?? '')}
            placeholder={isOpen ? (chosen?.label ?? rest.placeholder) : rest.placeholder}
            onClick={open}
            onChange={(event) => {
              setOpen(true);
              setText(event.target.value);
            }}
            onKeyDown={onKeyDown}
            onBlur={close}
            {...why}
          />
        )}
      </Why>
      {isOpen && (
        <OnDemand fallback={null} onFailed={close}>
          <ComboboxPopup
            anchor={input}
            listId={listId}
            label={label ?? 'Choices'}
            found={found}
            active={active}
            chosen={value === '' ? undefined : value}
            onActive={setActive}
            onChoose={choose}
            onClose={close}
          />
        </OnDemand>
      )}
    </>
  );
}
