import { useEffect, useState } from 'react';

/** The time in milliseconds, and drawn again as often: "expires in 3 minutes" goes on by itself. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
