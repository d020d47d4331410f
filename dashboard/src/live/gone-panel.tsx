import { useRef, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import type { Highlight } from './highlights.ts';
import { useHighlight } from './use-highlight.ts';

/**
 * What a record's panel shows when the record goes. A removal of one's own closes the panel (`remove`), and until then it shows what was
 * there; when others remove it, `shown` is null and `last` is what was there, if the panel ever showed it.
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
  /** Of the record's changes: `team:3`. */
  readonly recordKey: string;
  /** What it was called; null where it was never here. */
  readonly name: string | null;
  onClose(): void;
}

/** In place of a record that is not there: whether it was removed just now, by whom, or was never there. */
export function GonePanel({ noun, recordKey, name, onClose }: GonePanelProps) {
  const highlight = useHighlight(recordKey);
  // A highlight lasts some seconds; the panel is read for as long as it is open.
  const removal = useRef<Highlight | null>(null);
  removal.current ??= highlight;
  const by = removal.current?.by;
  if (name === null) {
    return (
      <Dialog title={`${noun.charAt(0).toUpperCase()}${noun.slice(1)} not found`} isPanel onClose={onClose}>
        <p>This {noun} no longer exists, or the link is wrong.</p>
      </Dialog>
    );
  }
  return (
    <Dialog title={`${name} was removed`} isPanel onClose={onClose}>
      <p role="status">{by ? `${by} removed this ${noun}.` : `This ${noun} was removed.`} There is nothing left to show here.</p>
    </Dialog>
  );
}
