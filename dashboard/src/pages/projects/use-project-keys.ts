import { OrgError, type ProjectRecord, type RestProjectKey } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { explain } from '../../live/commands.tsx';
import { useOrganization, useOrgState } from '../../live/organization.tsx';

/** A project has a few; the server's page holds as many. */
const keysMax = 100;

/** With their addresses, which no copy of the organization holds: read again whenever the copy says that keys changed. */
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
      // A later answer says more than one that was overtaken.
      if (own !== lastTry.current) return;
      setKeys(rows);
      setFailure(null);
    } catch (error) {
      if (own === lastTry.current) setFailure(error instanceof OrgError ? explain(error) : String(error));
    }
  }, [org, slug]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: that they changed is a reason to ask again.
  useEffect(() => {
    void refresh();
  }, [refresh, known]);
  return { keys, failure, refresh };
}
