import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import './dock.css';

const DockContext = createContext<HTMLElement | null>(null);

/**
 * The bars at the bottom of the window, above each other. The page gets as much space at its end.
 */
export function DockProvider({ children }: { readonly children: ReactNode }) {
  const [element, setElement] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (!element) return;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => style.setProperty('--dock-height', `${element.offsetHeight}px`));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return (
    <DockContext.Provider value={element}>
      {children}
      <div className="dock" ref={setElement} />
    </DockContext.Provider>
  );
}

interface DockProps {
  /** Bars with a higher number are below others. */
  readonly order: 1 | 2;
  readonly children: ReactNode;
}

/** Shows a bar at the bottom of the window, also when its page is scrolled. */
export function Dock({ order, children }: DockProps) {
  const element = useContext(DockContext);
  return (
    element &&
    createPortal(
      <div className="dock-bar" data-order={order}>
        {children}
      </div>,
      element,
    )
  );
}
