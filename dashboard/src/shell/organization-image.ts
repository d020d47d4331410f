import type { OrganizationRecord } from '@rollcall/client';

/** Where its image is; null where its initials are shown. */
export function imageOf({ avatarType, avatarUuid }: Pick<OrganizationRecord, 'avatarType' | 'avatarUuid'>): string | null {
  return avatarType === 'upload' && avatarUuid !== null ? `/organization-avatar/${avatarUuid}/` : null;
}
