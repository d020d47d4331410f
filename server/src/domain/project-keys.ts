import type { ProjectKeyRecord } from '@rollcall/protocol';

/** What a key of a project may be, and what it is at first (spec: 9.3, 9.5). */

export const defaultKeyName = 'Default';

/** As 32 hexadecimal digits, which is what clients take for a key. */
export const publicKeyBytes = 16;

/** Of the loader script; the second is what a new key names. */
export const browserSdkVersions = ['latest', '10.x', '9.x', '8.x', '7.x'] as const;

/** Seconds: a limit counts the events of a day at most. */
export const rateLimitWindowMax = 86_400;

export function newProjectKey({
  now,
  ...given
}: Pick<ProjectKeyRecord, 'id' | 'projectId' | 'name'> & { readonly now: string }): ProjectKeyRecord {
  return {
    ...given,
    isActive: true,
    rateLimit: null,
    browserSdkVersion: browserSdkVersions[1],
    dynamicSdkLoaderOptions: { hasReplay: true, hasPerformance: true, hasDebug: false, hasFeedback: false, hasLogsAndMetrics: false },
    dateCreated: now,
  };
}

/** A window or a count of nothing is no limit: that is how some clients say that they want none. */
export function rateLimitOf({ window, count }: { readonly window: number; readonly count: number }): ProjectKeyRecord['rateLimit'] {
  return window > 0 && count > 0 ? { window, count } : null;
}
