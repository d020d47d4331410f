import { useEffect, useSyncExternalStore } from 'react';
import { useAnnounce } from '../kit/announcer.tsx';
import type { Highlight } from './highlights.ts';
import { useHighlights } from './organization.tsx';

/**
 * The latest change by another user at a key, for a few seconds; otherwise null. The element that
 * shows it needs `data-changed`.
 */
export function useHighlight(key: string): Highlight | null {
  const highlights = useHighlights();
  return useSyncExternalStore(highlights.subscribe, () => highlights.get(key));
}

export function useRecentChanges(): readonly Highlight[] {
  const highlights = useHighlights();
  return useSyncExternalStore(highlights.subscribe, () => highlights.recent);
}

/** Announces changes by other users to screen readers. Used once per page. */
export function useAnnouncedChanges(): void {
  const highlights = useHighlights();
  const announce = useAnnounce();
  useEffect(() => highlights.onHighlight(({ text, by }) => announce(by ? `${text}, by ${by}` : text)), [highlights, announce]);
}
