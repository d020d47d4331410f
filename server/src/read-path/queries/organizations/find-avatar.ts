import type { Db } from '../../../database/database.ts';
import type { Image } from '../../../database/organizations/avatars.ts';
import { prepared } from '../../../database/prepared.ts';

/** An organization's image by the name that its record has for it. Null when there is none of that name any more, or no organization. */
export async function findAvatar(db: Db, uuid: string): Promise<Image | null> {
  const row = await db
    .selectFrom('organization_avatars')
    .innerJoin('organizations', 'organizations.id', 'organization_avatars.organization_id')
    .select(['organization_avatars.content_type', 'organization_avatars.image'])
    .where('organization_avatars.uuid', '=', uuid)
    .executeTakeFirst();
  return row ? { contentType: row.content_type, bytes: row.image } : null;
}

/** Whether there is an image of that name, without reading it. */
export async function hasAvatar(db: Db, uuid: string): Promise<boolean> {
  return (await selectAvatar(db, uuid)).length > 0;
}

const selectAvatar = prepared((db, uuid: string) =>
  db
    .selectFrom('organization_avatars')
    .innerJoin('organizations', 'organizations.id', 'organization_avatars.organization_id')
    .select('organization_avatars.organization_id')
    .where('organization_avatars.uuid', '=', uuid)
    .compile(),
);
