import { OrgError } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { useOrganization } from './organization.tsx';

export interface Refusal {
  /** The error code, such as `address-not-allowed`. */
  readonly code: string;
  /** The user's own address, if it is the reason. */
  readonly address: string | null;
}

/**
 * The reason why the REST API refuses the user. A denied subscription has none, because the user
 * may not be a member. Null until it is known.
 */
export function useRefusal(isNeeded: boolean): Refusal | null {
  const org = useOrganization();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  useEffect(() => {
    if (!isNeeded) return;
    const stop = new AbortController();
    org.read.organization({ signal: stop.signal }).catch((error: unknown) => {
      if (error instanceof OrgError && !stop.signal.aborted) setRefusal({ code: error.code, address: addressIn(error.body) });
    });
    return () => stop.abort();
  }, [org, isNeeded]);
  return refusal;
}

function addressIn(body: unknown): string | null {
  const { detail } = (body ?? {}) as { readonly detail?: { readonly extra?: { readonly address?: string } } };
  return detail?.extra?.address ?? null;
}
