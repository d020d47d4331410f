import type { browserSdkVersions, ProjectKeyRecord } from '@rollcall/protocol';

/** The initial values of a project key (REST contract 9.3, 9.5). */

export const defaultKeyName = 'Default';

/** Written as 32 hexadecimal digits, which is the form that clients accept as a key. */
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
