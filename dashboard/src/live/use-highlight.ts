import { useEffect, useSyncExternalStore } from 'react';
import { useAnnounce } from '../kit/announcer.tsx';
import type { Highlight } from './highlights.ts';
import { useHighlights } from './organization.tsx';

/** What somebody else just changed here, for a few seconds; else null. Put `data-changed` on what shows it. */
export function useHighlight(key: string): Highlight | null {
  const highlights = useHighlights();
  return useSyncExternalStore(highlights.subscribe, () => highlights.get(key));
}

export function useRecentChanges(): readonly Highlight[] {
  const highlights = useHighlights();
  return useSyncExternalStore(highlights.subscribe, () => highlights.recent);
}

/** Reads out what others change. Once a page. */
export function useSpokenChanges(): void {
  const highlights = useHighlights();
  const announce = useAnnounce();
  useEffect(() => highlights.onNews(({ text, by }) => announce(by ? `${text}, by ${by}` : text)), [highlights, announce]);
}
