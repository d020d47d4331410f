import type { RestRetention } from '@rollcall/client';
import { Notice } from '../../kit/notice.tsx';
import { formatDateTime } from '../../shell/format-time.ts';
import { daysText, removalTexts } from './retention-texts.ts';
import type { Removals } from './use-removals.ts';

interface PlannedNoticeProps {
  readonly from: string;
  readonly plan: RestRetention['plan'];
  readonly isOnHold: boolean;
  /** The removals by the stored settings. */
  readonly due: Removals;
}

/** A smaller plan that has not taken effect, and what it removes. */
export function PlannedNotice({ from, plan, isOnHold, due }: PlannedNoticeProps) {
  const removals = due.preview && !isOnHold ? removalTexts(due.preview.removes) : [];
  return (
    <Notice>
      From {formatDateTime(from)}, the plan keeps data for at most {daysText(plan.retentionDaysMax)}.
      {removals.length > 0 && ` This removes ${removals.join(', ')}. Owners can export the data first.`}
    </Notice>
  );
}
