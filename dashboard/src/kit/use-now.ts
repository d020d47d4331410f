import { useEffect, useState } from 'react';

/**
 * The current time in milliseconds. Renders again at the interval, to update "expires in 3
 * minutes".
 */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
