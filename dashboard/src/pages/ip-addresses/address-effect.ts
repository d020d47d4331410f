import type { IpAllowListPreview } from '@rollcall/client';
import { count } from '../../kit/count.ts';

/** The effect of a list that is on, or that a list would have if it were on. */
export function summaryOf({ wouldEnd, complete }: IpAllowListPreview, isEnabled: boolean): string {
  const effect = isEnabled ? effectWhenOn(wouldEnd) : effectWhenOff(wouldEnd);
  return complete ? effect : `${effect} Not all servers responded, so there may be more.`;
}

function effectWhenOn(wouldEnd: number): string {
  return wouldEnd === 0 ? 'This list includes everyone who is connected.' : `This list closes ${count(wouldEnd, 'connection')}.`;
}

function effectWhenOff(wouldEnd: number): string {
  const effect = wouldEnd === 0 ? 'include everyone who is connected' : `close ${count(wouldEnd, 'connection')}`;
  return `If the list were on, it would ${effect}.`;
}

/** The effect of saving a list that is on. Null if it closes no connection. */
export function effectOfSaving(preview: IpAllowListPreview | null): string | null {
  if (!preview) return 'Couldn’t find out who is connected. Connections from other addresses will be closed.';
  return preview.wouldEnd > 0 ? summaryOf(preview, true) : null;
}
