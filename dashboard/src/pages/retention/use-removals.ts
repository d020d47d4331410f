import { useEffect, useState } from 'react';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';
import type { Days } from './use-retention-draft.ts';

/** Changes of the draft within this time need one count. */
const draftMs = 300;

export type Removals = ReturnType<typeof useRemovals>;

/**
 * Counts what the settings would remove. `preview` is null until that is known.
 * @param changes null counts nothing
 */
export function useRemovals(changes: Days | null) {
  const org = useOrganization();
  const records = useOrgState((state) => state.retentions);
  const wanted = JSON.stringify(changes);
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(setAsked, draftMs, wanted);
    return () => clearTimeout(timer);
  }, [wanted]);
  const { result, error, refresh } = useRead(
    async (options) => {
      const days: Days | null = JSON.parse(asked);
      return { of: asked, preview: days && (await org.read.previewRetention({ ...days, ...options })) };
    },
    org,
    asked,
    records,
  );
  const isCurrent = wanted === asked;
  return { preview: isCurrent && result?.of === wanted && !error ? result.preview : null, error: isCurrent ? error : null, refresh };
}
