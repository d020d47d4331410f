import { useEffect, useState } from 'react';
import { fetchReport, TokenRefused } from './fetch-report.ts';
import { historySeconds, mergeReport, type SeenInstance } from './merge-report.ts';

/** Instances take a sample as often. */
const pollMs = 2_000;
/** An answer overlaps with the one before by this much: instances hear of each other at different times. */
const overlapSeconds = 10;

export interface Report {
  readonly instances: readonly SeenInstance[];
  /** Why nothing new comes. */
  readonly problem: string | null;
}

/** All instances, asked for again and again while the page is open. Calls `onRefused` once the token is no good, and ends. */
export function useReport(token: string, onRefused: (reason: string) => void): Report {
  const [report, setReport] = useState<Report>({ instances: [], problem: null });
  useEffect(() => {
    const closing = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let answeredAt: number | null = null;
    const poll = async () => {
      try {
        const seconds = answeredAt === null ? historySeconds : Math.ceil((performance.now() - answeredAt) / 1_000) + overlapSeconds;
        const answer = await fetchReport(token, Math.min(historySeconds, seconds), closing.signal);
        const now = performance.now();
        answeredAt = now;
        setReport(({ instances }) => ({ instances: mergeReport(instances, answer, now), problem: null }));
      } catch (error) {
        if (closing.signal.aborted) return;
        if (error instanceof TokenRefused) return onRefused(error.message);
        setReport(({ instances }) => ({
          instances,
          problem: error instanceof TypeError ? 'The server cannot be reached.' : String(error),
        }));
      }
      if (!closing.signal.aborted) timer = setTimeout(poll, pollMs);
    };
    void poll();
    return () => {
      closing.abort();
      clearTimeout(timer);
    };
  }, [token, onRefused]);
  return report;
}
