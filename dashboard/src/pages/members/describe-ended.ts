import type { Applied } from '@rollcall/client';
import { count } from '../../kit/count.ts';

/** Where access has ended after a removal. Empty if that is unknown. */
export function describeEnded(applied: Applied | null): string {
  // A server with too many waiting requests confirms nothing.
  if (!applied || applied.instances === 0) return '';
  const { complete, instances, missing, ended } = applied;
  const closed = ended === 0 ? '' : `, ${count(ended, 'connection')} closed`;
  if (complete) return `. Access ended everywhere${closed}`;
  const others = missing === 1 ? 'the other follows' : 'the others follow';
  return `. Access ended on ${instances} of ${instances + missing} servers${closed}; ${others} within seconds`;
}
