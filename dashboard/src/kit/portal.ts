import { createContext, useContext } from 'react';

/** Where menus and tooltips are put: in the page's main part; within an open dialog, since nothing outside of it can be reached meanwhile. */
const PortalContext = createContext<HTMLElement | null>(null);

export const PortalProvider = PortalContext.Provider;

export function usePortalContainer(): HTMLElement | null {
  return useContext(PortalContext);
}
