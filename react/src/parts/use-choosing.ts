import { type KeyboardEvent, useMemo, useState } from 'react';
import { foldText, wordsTest } from '../match-words.ts';

/** An entry of a searchable list. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  /** A second line, which is searched too. */
  readonly detail?: string | undefined;
}

/** The id of an entry's element, for `aria-activedescendant`. */
export function choiceId(listId: string, index: number): string {
  return `${listId}-${index}`;
}

interface Choosing {
  readonly text: string;
  readonly found: readonly Choice[];
  /** The index of the entry that Enter chooses. */
  readonly active: number;
  setText(text: string): void;
  setActive(index: number): void;
  /** Returns whether the key moved the active entry. */
  onMoveKey(event: KeyboardEvent): boolean;
}

const pageLength = 10;

/**
 * The state of a searchable list: the query, the matches and the active entry. `options` must be
 * the same array between renders while the entries are the same.
 */
export function useChoosing(options: readonly Choice[]): Choosing {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const haystacks = useMemo(() => options.map(({ label, detail }) => foldText(`${label}\n${detail ?? ''}`)), [options]);
  const found = useMemo(() => {
    const test = wordsTest(text);
    return text.trim() === '' ? options : options.filter((_option, index) => test(haystacks[index]!));
  }, [options, haystacks, text]);
  const last = Math.max(0, found.length - 1);
  const inRange = Math.min(active, last);
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: inRange === last ? 0 : inRange + 1,
    ArrowUp: inRange === 0 ? last : inRange - 1,
    PageDown: Math.min(last, inRange + pageLength),
    PageUp: Math.max(0, inRange - pageLength),
  };
  return {
    text,
    found,
    active: inRange,
    setText(next) {
      setText(next);
      setActive(0);
    },
    setActive,
    onMoveKey(event) {
      const target = targets[event.key];
      if (target === undefined) return false;
      event.preventDefault();
      setActive(target);
      return true;
    },
  };
}
