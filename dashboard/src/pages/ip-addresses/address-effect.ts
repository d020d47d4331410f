import type { IpAllowListPreview } from '@rollcall/client';
import { count } from '../../kit/count.ts';

/** The addresses that a text names. A provider has a handful. */
const namedMax = 3;

/** The effect of a list that is on, or that a list would have if it were on. */
export function summaryOf(preview: IpAllowListPreview, isEnabled: boolean): string {
  const effect = isEnabled ? effectWhenOn(preview) : effectWhenOff(preview);
  return preview.complete ? effect : `${effect} Not all servers responded, so there may be more.`;
}

function effectWhenOn(preview: IpAllowListPreview): string {
  const { wouldEnd } = preview;
  if (wouldEnd > 0) return `This list closes ${count(wouldEnd, 'connection')}${shutOut(preview, ', and shuts out')}.`;
  return `This list includes everyone who is connected${shutOut(preview, ', but shuts out')}.`;
}

function effectWhenOff(preview: IpAllowListPreview): string {
  const { wouldEnd } = preview;
  if (wouldEnd > 0) return `If the list were on, it would close ${count(wouldEnd, 'connection')}${shutOut(preview, ', and shut out')}.`;
  return `If the list were on, it would include everyone who is connected${shutOut(preview, ', but shut out')}.`;
}

/** Empty unless the list excludes an address of the identity provider. */
function shutOut(preview: IpAllowListPreview, verb: string): string {
  const addresses = providerAddresses(preview);
  const more = addresses.length - namedMax;
  const named = addresses.slice(0, namedMax).join(', ');
  return addresses.length === 0 ? '' : `${verb} your identity provider (${named}${more > 0 ? ` and ${more} more` : ''})`;
}

/**
 * The excluded addresses from which the identity provider has called. It has no connection, unlike
 * everyone else in a preview.
 */
function providerAddresses({ live }: IpAllowListPreview): string[] {
  const excluded = live.filter(({ isIncluded, tokens, subscriptions }) => !isIncluded && tokens.length > 0 && subscriptions === 0);
  return excluded.map(({ address }) => address ?? 'unknown address');
}

/** Whether a list that is on excludes anyone who uses the organization. */
export function endsAccess(preview: IpAllowListPreview): boolean {
  return preview.wouldEnd > 0 || providerAddresses(preview).length > 0;
}

/** The effect of saving a list that is on. Null if it excludes no one. */
export function effectOfSaving(preview: IpAllowListPreview | null): string | null {
  if (!preview) return 'Couldn’t find out who is connected. Connections from other addresses will be closed.';
  return endsAccess(preview) ? summaryOf(preview, true) : null;
}
