import { type IpAllowListPreview, OrgError } from '@rollcall/client';
import { useCallback, useEffect, useState } from 'react';
import { useOrganization } from '../../live/organization.tsx';
import { useSudo } from '../../session/sudo.tsx';
import type { ListContent } from './address-list.ts';

/** Changes of the draft within this time need one preview. */
const draftMs = 300;
const refreshMs = 5_000;

/**
 * The open connections, and those that the list would end if it were on. It is read again every
 * few seconds. Null until it is known.
 */
export function useAddressPreview(list: ListContent, isAllowed: boolean) {
  const org = useOrganization();
  const withSudo = useSudo();
  const [preview, setPreview] = useState<IpAllowListPreview | null>(null);
  const [error, setError] = useState<OrgError | null>(null);
  const [attempt, setAttempt] = useState(0);
  const rules = JSON.stringify(list.rules);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt reads it again
  useEffect(() => {
    if (!isAllowed) return;
    const stop = new AbortController();
    let timer = setTimeout(look, draftMs);
    async function look() {
      try {
        setPreview(await org.read.previewIpAllowList({ isEnabled: true, rules: JSON.parse(rules) }, { signal: stop.signal }));
        setError(null);
        timer = setTimeout(look, refreshMs);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        setPreview(null);
        setError(thrown instanceof OrgError ? thrown : new OrgError('internal', String(thrown)));
      }
    }
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [org, rules, isAllowed, attempt]);

  /** Asks for the password if necessary. */
  const retry = useCallback(() => {
    withSudo(() => org.read.previewIpAllowList({}))
      .then(() => setAttempt((count) => count + 1))
      .catch(() => {});
  }, [org, withSudo]);

  return { preview, error, retry };
}
