import { Search, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { IconButton } from './button.ts';
import './search-field.css';

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder?: string;
  readonly value: string;
  onValue(value: string): void;
}

/**
 * The search field of a page. The `/` key focuses it, except while the user is typing in another
 * field.
 */
export function SearchField({ label, placeholder, value, onValue }: SearchFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className="search-field">
      <Search size={15} aria-hidden />
      <input
        ref={input}
        type="search"
        className="rollcall-input"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onValue(event.target.value)}
        spellCheck={false}
        autoComplete="off"
      />
      {value === '' ? <kbd aria-hidden>/</kbd> : <IconButton icon={X} label="Clear search text" onClick={() => onValue('')} />}
    </div>
  );
}

/** Whether keys enter text at `target`, or belong to a dialog, so that shortcuts do not apply. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('dialog') !== null;
}
