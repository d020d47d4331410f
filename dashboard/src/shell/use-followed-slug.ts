import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useOrgState } from '../live/organization.tsx';

/** When the organization gets another slug, whoever made it so, the address follows: the old one leads nowhere. */
export function useFollowedSlug(slug: string): void {
  const current = useOrgState((state) => state.organization?.slug ?? null);
  const id = useOrgState((state) => state.organization?.id ?? null);
  const [location, navigate] = useLocation();
  useEffect(() => {
    if (current === null || current === slug || id === slug) return;
    const [, area, , ...rest] = location.split('/');
    navigate(`/${[area, current, ...rest].join('/')}${window.location.search}`, { replace: true });
  }, [current, id, slug, location, navigate]);
}
