import type { browserSdkVersions, ProjectKeyRecord } from '@rollcall/protocol';

/** What a key of a project may be, and what it is at first (REST contract 9.3, 9.5). */

export const defaultKeyName = 'Default';

/** As 32 hexadecimal digits, which is what clients take for a key. */
export const publicKeyBytes = 16;

const firstSdkVersion: (typeof browserSdkVersions)[number] = '10.x';

export function newProjectKey({
  now,
  ...given
}: Pick<ProjectKeyRecord, 'id' | 'projectId' | 'name'> & { readonly now: string }): ProjectKeyRecord {
  return {
    ...given,
    isActive: true,
    rateLimit: null,
    browserSdkVersion: firstSdkVersion,
    dynamicSdkLoaderOptions: { hasReplay: true, hasPerformance: true, hasDebug: false, hasFeedback: false, hasLogsAndMetrics: false },
    dateCreated: now,
  };
}
