import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/** Sent to an organization's owners before a smaller plan takes effect (REST contract 13.15). */
export const smallerPlan = mailTemplate({
  params: z.object({ orgName: quotedSchema, orgSlug: z.string(), daysMax: z.number(), takesEffectAt: z.string() }),
  compose: ({ orgName, orgSlug, daysMax, takesEffectAt }, { productName, publicUrl }) => {
    const moment = `${takesEffectAt.slice(0, 10)} at ${takesEffectAt.slice(11, 16)} UTC`;
    return {
      subject: `${orgName} will keep less data from ${moment}`,
      before: [
        `The operator of ${productName} changed the plan of ${orgName}. From ${moment}, data is kept for at most ${daysMax === 1 ? '1 day' : `${daysMax} days`}.`,
        'Older data is then removed: entries of the audit log, the history of changes, attempts to deliver to webhooks and integrations, and the names of removed members. The Retention page shows how much that is.',
        'Removed data can’t be restored. To keep it, export the organization on that page before then.',
      ],
      action: { label: 'Open the Retention page', url: `${publicUrl}/organizations/${orgSlug}/retention/` },
      after: ['You’re receiving this email because you’re an owner of the organization.'],
    };
  },
});
