import { OrgError, type ProjectRecord, type RestProjectKey } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';

/** The largest page of the API. A project has a few keys. */
const keysMax = 100;

/**
 * The keys with their DSNs, which the live state does not contain. They are read over REST again
 * when keys change in the live state.
 */
export function useProjectKeys({ id, slug }: ProjectRecord) {
  const org = useOrganization();
  const known = useOrgState(({ projectKeys }) => projectKeys.filter(({ projectId }) => projectId === id));
  const [keys, setKeys] = useState<readonly RestProjectKey[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const lastTry = useRef(0);
  const refresh = useCallback(async () => {
    const own = ++lastTry.current;
    try {
      const { rows } = await org.read.projectKeys(slug, { perPage: keysMax });
      // A newer request was sent in the meantime.
      if (own !== lastTry.current) return;
      setKeys(rows);
      setFailure(null);
    } catch (error) {
      if (own === lastTry.current) setFailure(error instanceof OrgError ? explain(error, false) : String(error));
    }
  }, [org, slug]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new keys trigger a read
  useEffect(() => {
    void refresh();
  }, [refresh, known]);
  return { keys, failure, refresh };
}
