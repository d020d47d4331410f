import { useEffect, useState } from 'react';
import { fetchReport, TokenRefused } from './fetch-report.ts';
import { historySeconds, mergeReport, type SeenInstance } from './merge-report.ts';

/** The interval of the poll, in which instances take one sample. */
const pollMs = 2_000;
/**
 * The overlap of a report with the previous one, since instances receive each other's samples at
 * different times.
 */
const overlapSeconds = 10;

export interface Report {
  readonly instances: readonly SeenInstance[];
  /** The error of the latest poll. */
  readonly problem: string | null;
}

/**
 * Polls the report of all instances. Stops when the server rejects the token, and calls
 * `onRefused`.
 */
export function useReport(token: string, onRefused: (reason: string) => void): Report {
  const [report, setReport] = useState<Report>({ instances: [], problem: null });
  useEffect(() => {
    const closing = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let receivedAt: number | null = null;
    const poll = async () => {
      try {
        const seconds = receivedAt === null ? historySeconds : Math.ceil((performance.now() - receivedAt) / 1_000) + overlapSeconds;
        const received = await fetchReport(token, Math.min(historySeconds, seconds), closing.signal);
        const now = performance.now();
        receivedAt = now;
        setReport(({ instances }) => ({ instances: mergeReport(instances, received, now), problem: null }));
      } catch (error) {
        if (closing.signal.aborted) return;
        if (error instanceof TokenRefused) return onRefused(error.message);
        setReport(({ instances }) => ({
          instances,
          problem: error instanceof TypeError ? 'Couldn’t reach the server.' : String(error),
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
