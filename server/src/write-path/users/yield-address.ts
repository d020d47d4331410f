import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import { newPlaceholder } from '../../database/identity/placeholder-address.ts';
import { isUnproven } from '../../database/identity/unproven-addresses.ts';
import { readOrganization } from '../../database/records/records-read.ts';
import { enqueueJobs } from '../../jobs/enqueue-job.ts';
import { enqueueMail, type NoticeToSend } from '../../mail/enqueue-mail.ts';
import { loadOwnerAddresses } from '../commands/mail-recipients.ts';
import { refreshMembersJob } from './members/refresh-members.ts';

/**
 * Takes an address from the account that has it without a proof, for the person who proves it in
 * this transaction. That account gets a placeholder, and keeps its memberships and sessions. The
 * owners of its organizations are mailed, and a job updates its member records.
 * Call it wherever an address becomes verified, before the row that makes it so.
 * @param toUserId the account that gets the address. Null for a new one
 */
export async function yieldAddress(tx: Tx, email: string, toUserId: string | null = null): Promise<void> {
  const holderOf = tx
    .selectFrom('users')
    .select(['id', 'email', 'name'])
    .where(sql<string>`lower(email)`, '=', email.toLowerCase())
    .where(isUnproven)
    .where(({ lit, eb }) => (toUserId === null ? lit(true) : eb('id', '!=', toUserId)));
  if (!(await holderOf.forUpdate().executeTakeFirst())) return;
  // The lock is a statement of its own, so that this one sees the changes that it waited for.
  const holder = await holderOf.executeTakeFirst();
  if (!holder) return;
  const mails = await noticesAbout(tx, holder);
  const placeholder = newPlaceholder();
  await tx.updateTable('users').set({ email: placeholder }).where('id', '=', holder.id).execute();
  // The links that were sent to the address end with it.
  await tx.deleteFrom('user_emails').where('user_id', '=', holder.id).where(sql<string>`lower(email)`, '=', email.toLowerCase()).execute();
  await tx.insertInto('user_emails').values({ user_id: holder.id, email: placeholder, is_verified: false }).execute();
  await enqueueMail(tx, mails);
  await enqueueJobs(tx, [refreshMembersJob(holder.id)]);
}

interface Holder {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

async function noticesAbout(tx: Tx, { id, email, name }: Holder): Promise<NoticeToSend[]> {
  const members = await tx.selectFrom('members').select(['id', 'organization_id']).where('user_id', '=', id).orderBy('id').execute();
  const notices: NoticeToSend[] = [];
  for (const { id: memberId, organization_id: orgId } of members) {
    const organization = await readOrganization(tx, orgId);
    if (!organization) continue;
    const params = { orgName: organization.name, orgSlug: organization.slug, memberId, memberName: name, namedUserId: id, email };
    const addresses = await loadOwnerAddresses(tx, orgId);
    const others = addresses.filter((to) => to.toLowerCase() !== email.toLowerCase());
    notices.push(...others.map((to): NoticeToSend => ({ template: 'address-yielded', params, to, about: `${orgId}:${id}` })));
  }
  return notices;
}
