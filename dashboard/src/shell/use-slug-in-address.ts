import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { keepsPage } from '../leaving/guarded-location.ts';
import { useOrgState } from '../live/organization.tsx';

/**
 * Updates the slug in the address when the organization's slug changes, since the old one stops
 * working. Calls `onRenamed` first.
 */
export function useSlugInAddress(slug: string, onRenamed: (slug: string) => void): void {
  const current = useOrgState((state) => state.organization?.slug ?? null);
  const id = useOrgState((state) => state.organization?.id ?? null);
  const [location, navigate] = useLocation();
  useEffect(() => {
    if (current === null || current === slug || id === slug) return;
    onRenamed(current);
    const [, area, , ...rest] = location.split('/');
    navigate(`/${[area, current, ...rest].join('/')}${window.location.search}`, { replace: true, state: keepsPage });
  }, [current, id, slug, onRenamed, location, navigate]);
}
