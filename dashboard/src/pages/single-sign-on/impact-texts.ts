import type { SsoImpact } from '@rollcall/client';
import { count } from '../../kit/count.ts';

/** The people, connections and tokens that lose access when single sign-on becomes required. */
export function effectOfRequiring({ members, live, tokens, complete }: SsoImpact): string {
  const { wouldEnd } = live;
  const { ofUnlinkedUsers } = tokens;
  const parts = [
    effectOnMembers(members),
    `${wouldEnd === 0 ? 'No open connections' : count(wouldEnd, 'open connection')} will be closed.`,
    ...(ofUnlinkedUsers > 0
      ? [`${count(ofUnlinkedUsers, 'API token')} of theirs ${ofUnlinkedUsers === 1 ? 'stops' : 'stop'} working here.`]
      : []),
    ...(complete ? [] : ['Not all servers responded, so there may be more.']),
  ];
  return parts.join(' ');
}

function effectOnMembers({ linked, unlinked }: SsoImpact['members']): string {
  if (unlinked === 0) return 'All members are linked.';
  const who = `${unlinked.toLocaleString('en')} of ${count(linked + unlinked, 'member')}`;
  return `${who} ${unlinked === 1 ? 'isn’t' : 'aren’t'} linked and can’t open the organization until they link their account.`;
}

const namesMax = 10;

/** "Ada, Grace and 3 more". */
export function namesOf(names: readonly string[], total: number): string {
  const shown = names.slice(0, namesMax);
  const more = total - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more.toLocaleString('en')} more` : shown.join(', ');
}
