import type { Db, Tx } from '../database.ts';

/** Images of organizations. Which one is shown is in the organization's record; the image itself is in no record and no log. */

export interface Image {
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface NamedImage extends Image {
  /** 32 hexadecimal digits that nobody can guess: whoever has them may see the image. */
  readonly uuid: string;
}

export const avatarUuidBytes = 16;

/** The one that was uploaded last. */
export async function readAvatar(db: Db, orgId: string): Promise<NamedImage | null> {
  const row = await db
    .selectFrom('organization_avatars')
    .select(['uuid', 'content_type', 'image'])
    .where('organization_id', '=', orgId)
    .executeTakeFirst();
  return row ? { uuid: row.uuid, contentType: row.content_type, bytes: row.image } : null;
}

/** The one before it is gone then, and its address with it. */
export async function saveAvatar(tx: Tx, orgId: string, { uuid, contentType, bytes }: NamedImage): Promise<void> {
  const values = { uuid, content_type: contentType, image: bytes };
  await tx
    .insertInto('organization_avatars')
    .values({ organization_id: orgId, ...values })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(values))
    .execute();
}
