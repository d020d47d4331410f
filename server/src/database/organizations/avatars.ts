import type { Db, Tx } from '../database.ts';

/**
 * Images of organizations. The organization's record names the current image. The image itself is
 * in no record, and not in the log.
 */

export interface Image {
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface NamedImage extends Image {
  /** 32 random hexadecimal digits. They are the only thing that a client needs to see the image. */
  readonly uuid: string;
}

export const avatarUuidBytes = 16;

/** The image that was uploaded last. */
export async function readAvatar(db: Db, orgId: string): Promise<NamedImage | null> {
  const row = await db
    .selectFrom('organization_avatars')
    .select(['uuid', 'content_type', 'image'])
    .where('organization_id', '=', orgId)
    .executeTakeFirst();
  return row ? { uuid: row.uuid, contentType: row.content_type, bytes: row.image } : null;
}

/** Replaces the previous image, whose address stops working. Null only removes it. */
export async function saveAvatar(tx: Tx, orgId: string, image: NamedImage | null): Promise<void> {
  if (image === null) {
    await tx.deleteFrom('organization_avatars').where('organization_id', '=', orgId).execute();
    return;
  }
  const { uuid, contentType, bytes } = image;
  const values = { uuid, content_type: contentType, image: bytes };
  await tx
    .insertInto('organization_avatars')
    .values({ organization_id: orgId, ...values })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(values))
    .execute();
}
