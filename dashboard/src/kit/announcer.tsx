import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

import { TopLayer } from './top-layer.tsx';

type Announce = (text: string) => void;

const AnnounceContext = createContext<Announce>(() => {});

/** For those who listen: what is said within this time is said in one go. */
const batchMs = 1_000;
/** More than these are counted, not read out. */
const readOutMax = 3;

/** The page's one polite live region. */
export function AnnouncerProvider({ children }: { readonly children: ReactNode }) {
  const [said, setSaid] = useState('');
  const waiting = useRef<string[]>([]);
  const announce = useCallback((text: string) => {
    waiting.current.push(text);
    if (waiting.current.length > 1) return;
    setTimeout(() => {
      const texts = waiting.current.splice(0);
      const more = texts.length - readOutMax;
      // A no-break space at the end of every second one: the same text again is news too.
      const joined = `${texts.slice(0, readOutMax).join('. ')}${more > 0 ? `. And ${more} more changes` : ''}`;
      setSaid((before) => (before === joined ? `${joined}\u00a0` : joined));
    }, batchMs);
  }, []);
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <TopLayer>
        <div className="visually-hidden" aria-live="polite" data-announcer>
          {said}
        </div>
      </TopLayer>
    </AnnounceContext.Provider>
  );
}

export function useAnnounce(): Announce {
  return useContext(AnnounceContext);
}
