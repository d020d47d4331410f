import { X } from 'lucide-react';
import { type ChangeEvent, type KeyboardEvent, useId, useRef } from 'react';
import { parseRecipients, type Recipient, withoutRepeats } from './parse-recipients.ts';
import { Button } from './parts/button.tsx';

interface RecipientsFieldProps {
  readonly recipients: readonly Recipient[];
  /** The text in the field, which is not an entry yet. */
  readonly text: string;
  onChange(recipients: readonly Recipient[], text: string): void;
}

/**
 * Addresses as chips. Enter, a comma or leaving the field turns the text into a chip, and pasting a
 * list adds several.
 */
export function RecipientsField({ recipients, text, onChange }: RecipientsFieldProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const invalid = recipients.filter(({ email }) => email === null);
  const add = (added: string) => {
    onChange(withoutRepeats([...recipients, ...parseRecipients(added)]), '');
  };
  const onText = ({ target: { value } }: ChangeEvent<HTMLTextAreaElement>) => {
    // Text of more than one character at a time was pasted, or filled in by the browser.
    const isPasted = value.length - text.length > 1 && /[@,;\n]/.test(value);
    const isEnded = /[,;]$/.test(value) && !isWithinQuotes(value);
    const isSpaceAfterAddress = /\s$/.test(value) && parseRecipients(value).every(({ email }) => email !== null);
    if (isPasted || isEnded || isSpaceAfterAddress) add(value);
    else onChange(recipients, value);
  };
  const without = (one: Recipient) => recipients.filter((other) => other !== one);
  const edit = (one: Recipient) => {
    const rest = withoutRepeats([...without(one), ...parseRecipients(text)]);
    onChange(rest, one.text);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '' && recipients.length > 0) {
      event.preventDefault();
      edit(recipients.at(-1)!);
    }
  };
  return (
    <div className="rollcall-field">
      <label htmlFor={id}>Email addresses</label>
      {recipients.length > 0 && (
        <ul className="rollcall-chosen rollcall-recipients" aria-label="People to invite">
          {recipients.map((one) => (
            <Chip
              key={one.email ?? one.text}
              recipient={one}
              onEdit={() => edit(one)}
              onRemove={() => {
                onChange(without(one), text);
                field.current?.focus();
              }}
            />
          ))}
        </ul>
      )}
      <textarea
        ref={field}
        id={id}
        className="rollcall-input rollcall-text-area rollcall-recipients-text"
        rows={recipients.length === 0 ? 3 : 1}
        placeholder={recipients.length === 0 ? 'ada@example.com, grace@example.com' : 'Add more'}
        value={text}
        aria-describedby={`${id}-more`}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        data-autofocus
        onChange={onText}
        onKeyDown={onKeyDown}
        onBlur={() => text.trim() !== '' && add(text)}
      />
      <div id={`${id}-more`} role="status" className={invalid.length > 0 ? 'rollcall-field-error' : 'rollcall-field-hint'}>
        {describe(recipients.length - invalid.length, invalid.length)}
      </div>
      {invalid.length > 1 && (
        <div>
          <Button
            isSmall
            onClick={() =>
              onChange(
                recipients.filter(({ email }) => email !== null),
                text,
              )
            }
          >
            Remove {invalid.length.toLocaleString('en')} invalid addresses
          </Button>
        </div>
      )}
    </div>
  );
}

interface ChipProps {
  readonly recipient: Recipient;
  onEdit(): void;
  onRemove(): void;
}

function Chip({ recipient: { text, email, reason }, onEdit, onRemove }: ChipProps) {
  const shown = email ?? text;
  return (
    <li data-invalid={reason !== null || undefined} title={text}>
      <span>
        <button
          type="button"
          className="rollcall-recipient-edit"
          aria-label={`Edit ${shown}`}
          aria-description={reason ?? undefined}
          onClick={onEdit}
        >
          {shown}
        </button>
        {reason && <small>{reason}</small>}
      </span>
      <button type="button" aria-label={`Remove ${shown}`} onClick={onRemove}>
        <X size={13} aria-hidden />
      </button>
    </li>
  );
}

/**
 * Whether a quoted name such as `"Lovelace, Ada" <…` is still being typed, so that its comma is
 * part of it.
 */
function isWithinQuotes(text: string): boolean {
  return (text.match(/"/g)?.length ?? 0) % 2 === 1;
}

function describe(valid: number, invalid: number): string {
  if (valid + invalid === 0) return 'Separate addresses with commas, spaces or new lines.';
  if (invalid === 0) return `${valid.toLocaleString('en')} ${valid === 1 ? 'address' : 'addresses'}.`;
  const counts = `${valid.toLocaleString('en')} valid, ${invalid.toLocaleString('en')} invalid.`;
  return `${counts} Edit or remove the invalid ${invalid === 1 ? 'address' : 'addresses'}.`;
}
