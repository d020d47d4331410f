import { useRef, useState } from 'react';
import { Dialog } from '../kit/dialog.ts';
import type { Highlight } from './highlights.ts';
import { useHighlight } from './use-highlight.ts';

/**
 * The record that a panel shows after the record was removed. A removal through `remove` keeps it
 * shown until the panel closes. If another user removes it, `shown` is null and `last` is the
 * record as it was, if the panel ever showed it.
 */
export function useRemovable<Row>(row: Row | null, onClose: () => void) {
  const [isRemoving, setRemoving] = useState(false);
  const last = useRef(row);
  if (row) last.current = row;
  const remove = async (send: () => Promise<unknown>): Promise<void> => {
    setRemoving(true);
    try {
      await send();
    } catch (error) {
      setRemoving(false);
      throw error;
    }
    onClose();
  };
  return { shown: row ?? (isRemoving ? last.current : null), last: last.current, remove };
}

interface GonePanelProps {
  /** "team", "project", "member". */
  readonly noun: string;
  /** The key of the record's changes: `team:3`. */
  readonly recordKey: string;
  /** The last name of the record; null if the panel never showed it. */
  readonly name: string | null;
  onClose(): void;
}

/** Replaces the panel of a record that does not exist, or was removed by another user. */
export function GonePanel({ noun, recordKey, name, onClose }: GonePanelProps) {
  const highlight = useHighlight(recordKey);
  // The highlight lasts some seconds only, and the panel stays open longer.
  const removal = useRef<Highlight | null>(null);
  removal.current ??= highlight;
  const by = removal.current?.by;
  if (name === null) {
    return (
      <Dialog title={`${noun.charAt(0).toUpperCase()}${noun.slice(1)} not found`} isPanel onClose={onClose}>
        <p>This {noun} no longer exists.</p>
      </Dialog>
    );
  }
  return (
    <Dialog title={`${name} was removed`} isPanel onClose={onClose}>
      <p role="status">{by ? `${by} removed this ${noun}.` : `This ${noun} was removed by someone else.`}</p>
    </Dialog>
  );
}
