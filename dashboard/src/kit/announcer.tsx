import { TopLayer } from '@rollcall/react/parts';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

type Announce = (text: string) => void;

const AnnounceContext = createContext<Announce>(() => {});

/** Texts announced within this time are read out together. */
const batchMs = 1_000;
/** Further texts are only counted. */
const readOutMax = 3;

/** The only polite live region of the page. */
export function AnnouncerProvider({ children }: { readonly children: ReactNode }) {
  const [announced, setAnnounced] = useState('');
  const waiting = useRef<string[]>([]);
  const announce = useCallback((text: string) => {
    waiting.current.push(text);
    if (waiting.current.length > 1) return;
    setTimeout(() => {
      const texts = waiting.current.splice(0);
      const more = texts.length - readOutMax;
      // Screen readers skip a text that did not change, so a repeated one gets a no-break space at
      // its end.
      const joined = `${texts.slice(0, readOutMax).join('. ')}${more > 0 ? `. And ${more} more changes` : ''}`;
      setAnnounced((before) => (before === joined ? `${joined}\u00a0` : joined));
    }, batchMs);
  }, []);
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <TopLayer>
        <div className="visually-hidden" aria-live="polite" data-announcer>
          {announced}
        </div>
      </TopLayer>
    </AnnounceContext.Provider>
  );
}

export function useAnnounce(): Announce {
  return useContext(AnnounceContext);
}
