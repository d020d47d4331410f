import { useNow } from './use-now.ts';

/** The seconds until a time by `Date.now()`, counted down: "6 s". */
export function SecondsUntil({ time }: { readonly time: number }) {
  const now = useNow(250);
  return <>{Math.max(1, Math.ceil((time - now) / 1_000))} s</>;
}
