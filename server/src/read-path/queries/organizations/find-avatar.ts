import type { Db } from '../../../database/database.ts';
import type { Image } from '../../../database/organizations/avatars.ts';
import { prepared } from '../../../database/prepared.ts';

/**
 * An organization's image, by the name in the organization's record. Null if the image or
 * the organization no longer exists.
 */
export async function findAvatar(db: Db, uuid: string): Promise<Image | null> {
  const row = await db
    .selectFrom('organization_avatars')
    .innerJoin('organizations', 'organizations.id', 'organization_avatars.organization_id')
    .select(['organization_avatars.content_type', 'organization_avatars.image'])
    .where('organization_avatars.uuid', '=', uuid)
    .executeTakeFirst();
  return row ? { contentType: row.content_type, bytes: row.image } : null;
}

/** Whether an image with this name exists. The image itself is not read. */
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
