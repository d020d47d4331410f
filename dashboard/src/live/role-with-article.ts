import { type OrgRoleId, orgRoles } from '@rollcall/client';

/** "an owner", "a manager". */
export function roleWithArticle(role: OrgRoleId): string {
  const name = orgRoles[role].name.toLowerCase();
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
