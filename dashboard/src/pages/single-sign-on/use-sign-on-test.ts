import { OrgError, type SignOnTest, type StartedSignOnTest } from '@rollcall/client';
import { useCallback, useEffect, useState } from 'react';
import { useOrganization } from '../../live/organization.tsx';
import { useSudo } from '../../session/sudo.tsx';

const intervalMs = 1_000;

export interface RunningTest {
  readonly started: StartedSignOnTest | null;
  /** Null until the test has ended. */
  readonly result: SignOnTest | null;
  readonly error: OrgError | null;
  readonly isStarting: boolean;
  start(): Promise<void>;
}

/** A login in another tab that tests the provider, and its result. */
export function useSignOnTest(): RunningTest {
  const org = useOrganization();
  const withSudo = useSudo();
  const [started, setStarted] = useState<StartedSignOnTest | null>(null);
  const [result, setResult] = useState<SignOnTest | null>(null);
  const [error, setError] = useState<OrgError | null>(null);
  const [isStarting, setStarting] = useState(false);

  const start = useCallback(async () => {
    setStarting(true);
    setResult(null);
    setError(null);
    setStarted(null);
    try {
      const { data } = await withSudo(() => org.startSignOnTest());
      setStarted(data);
      window.open(data.url, '_blank', 'noopener');
    } catch (thrown) {
      if (thrown instanceof OrgError && thrown.code !== 'aborted') setError(thrown);
    }
    setStarting(false);
  }, [org, withSudo]);

  useEffect(() => {
    if (!started || result) return;
    const stop = new AbortController();
    let timer = setTimeout(look, intervalMs);
    async function look() {
      try {
        const read = await org.read.signOnTest(started!.id, { signal: stop.signal });
        if (read.ok !== null) return setResult(read);
        timer = setTimeout(look, intervalMs);
      } catch (thrown) {
        if (stop.signal.aborted || !(thrown instanceof OrgError)) return;
        setStarted(null);
        setError(thrown);
      }
    }
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [org, started, result]);

  return { started, result, error, isStarting, start };
}
