import type { OrganizationRecord } from '@rollcall/client';

/** The address of an organization's image; null if it shows its initials. */
export function imageOf({ avatarType, avatarUuid }: Pick<OrganizationRecord, 'avatarType' | 'avatarUuid'>): string | null {
  return avatarType === 'upload' && avatarUuid !== null ? `/organization-avatar/${avatarUuid}/` : null;
}
