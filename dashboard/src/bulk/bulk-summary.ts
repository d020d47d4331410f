import { count } from '../kit/count.ts';
import { type BulkJob, leftOf } from './bulk-job.ts';
import { changed, unchanged } from './bulk-task.ts';
import { describeEnded } from './describe-ended.ts';

/** The members that were refused or left out. */
export function notChangedIn({ outcomes }: BulkJob): number {
  return [...outcomes.values()].filter(({ kind }) => kind !== 'done').length;
}

/**
 * "4 members updated, 2 not. 3 have that role already. Stopped.", "2 members removed. Access ended
 * everywhere, 3 connections closed."
 * @param where the organization, if another one is shown
 */
export function summaryOf(job: BulkJob, where = ''): string {
  if (job.isLost) return 'Your access to the organization has ended.';
  const { done, outcomes, applied, same, isStopped, isInterrupted, problem } = job;
  const reasons = [...outcomes.values()].map(({ reason }) => reason);
  const countOf = (reason: string) => reasons.filter((one) => one === reason).length;
  const notChanged = notChangedIn(job);
  const isSame = countOf(unchanged.reason);
  const isRequested = countOf('Approval requested');
  const isUnknown = isInterrupted && leftOf(job) > 0;
  if (isUnknown && outcomes.size === 0) return `Interrupted${where}. Continue to see what was done.`;
  const words = `${count(countOf(changed.reason), 'member')} ${done}${where}`;
  return [
    `${notChanged > 0 ? `${words}, ${notChanged.toLocaleString('en')} not` : words}${describeEnded(applied)}.`,
    ...(isSame > 0 ? [`${isSame.toLocaleString('en')} ${same[isSame === 1 ? 0 : 1]}.`] : []),
    ...(isRequested > 0 ? [`${isRequested.toLocaleString('en')} must be approved.`] : []),
    ...(isUnknown ? ['Interrupted. Continue to see what else was done.'] : []),
    ...(isStopped && !isUnknown && leftOf(job) > 0 && problem === null ? ['Stopped.'] : []),
  ].join(' ');
}
