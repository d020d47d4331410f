import { createContext, useContext } from 'react';

/**
 * The container for menus and tooltips: the page's main element, or the open dialog, since the rest
 * of the page is inert then.
 */
const PortalContext = createContext<HTMLElement | null>(null);

export const PortalProvider = PortalContext.Provider;

export function usePortalContainer(): HTMLElement | null {
  return useContext(PortalContext);
}
