import { useVirtualizer } from '@tanstack/react-virtual';
import { Check } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { type Choice, choiceId } from './use-choosing.ts';

interface ChoiceListProps {
  readonly id: string;
  readonly label: string;
  readonly found: readonly Choice[];
  readonly active: number;
  /** The current value. */
  readonly chosen?: string | undefined;
  onActive(index: number): void;
  onChoose(choice: Choice): void;
}

/** Estimated heights in pixels, used until an entry is rendered and measured. */
const lineHeight = 34;
const twoLinesHeight = 50;

/**
 * The list below a combobox. Only the entries near the visible part are in the document. The focus
 * stays in the text field.
 */
export function ChoiceList({ id, label, found, active, chosen, onActive, onChoose }: ChoiceListProps) {
  const list = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: found.length,
    getScrollElement: () => list.current,
    estimateSize: (index) => (found[index]!.detail ? twoLinesHeight : lineHeight),
    getItemKey: (index) => found[index]!.value,
    initialRect: { width: 240, height: 300 },
    overscan: 6,
  });
  useEffect(() => {
    if (found.length > 0) virtualizer.scrollToIndex(active);
  }, [active, found, virtualizer]);
  const count = `${found.length.toLocaleString('en')} ${found.length === 1 ? 'result' : 'results'}`;
  return (
    <>
      <p className="rollcall-visually-hidden" role="status">
        {found.length === 0 ? 'No results' : count}
      </p>
      {found.length === 0 ? (
        <p className="rollcall-choice-none" aria-hidden>
          No results
        </p>
      ) : (
        <div ref={list} id={id} role="listbox" aria-label={label} className="rollcall-choice-list">
          <div role="presentation" style={{ height: virtualizer.getTotalSize() }}>
            {virtualizer.getVirtualItems().map(({ index, key, start }) => {
              const choice = found[index]!;
              return (
                // biome-ignore lint/a11y/useFocusableInteractive: the text field has the focus.
                // biome-ignore lint/a11y/useKeyWithClickEvents: the text field handles the keys.
                <div
                  key={key}
                  ref={virtualizer.measureElement}
                  data-index={index}
                  id={choiceId(id, index)}
                  role="option"
                  aria-selected={choice.value === chosen}
                  aria-setsize={found.length}
                  aria-posinset={index + 1}
                  data-active={index === active || undefined}
                  className="rollcall-choice"
                  style={{ transform: `translateY(${start}px)` }}
                  onPointerMove={() => index !== active && onActive(index)}
                  onClick={() => onChoose(choice)}
                >
                  <span>
                    {choice.label}
                    {choice.detail && <small>{choice.detail}</small>}
                  </span>
                  {choice.value === chosen && <Check size={15} aria-hidden />}
                </div>
              );
            })}
          </div>
        </div>
      )}
    </>
  );
}
