import type { RestRetention } from '@rollcall/client';
import { Notice } from '../../kit/notice.tsx';
import { formatDateTime } from '../../shell/format-time.ts';
import { daysText, removalTexts } from './retention-texts.ts';
import { useRemovals } from './use-removals.ts';

const storedSettings = {};

interface PlannedNoticeProps {
  readonly from: string;
  readonly plan: RestRetention['plan'];
  readonly isOnHold: boolean;
}

/** A smaller plan that has not taken effect, and what it removes. */
export function PlannedNotice({ from, plan, isOnHold }: PlannedNoticeProps) {
  const { preview } = useRemovals(storedSettings);
  const removals = preview && !isOnHold ? removalTexts(preview.removes) : [];
  return (
    <Notice>
      From {formatDateTime(from)}, the plan keeps data for at most {daysText(plan.retentionDaysMax)}.
      {removals.length > 0 && ` This removes ${removals.join(', ')}. Owners can export the data before.`}
    </Notice>
  );
}
