import * as z from 'zod';
import type { Message } from './message.ts';

/** Notices of one kind that follow the first one within this time are sent in one mail. */
export const digestWindowMinutes = 10;
/** A digest quotes up to this many notices, and counts the others. */
export const digestItemsMax = 20;

/** The stored parameters of a digest: the parameters of each notice. */
export const digestSchema = z.object({ of: z.string(), items: z.array(z.unknown()).min(1), more: z.number() });

/** Combines messages into one: the first sentence of each, and the action of the latest. */
export function composeDigest(messages: readonly Message[], more: number): Message {
  const latest = messages.at(-1)!;
  const count = messages.length + more;
  if (count === 1) return latest;
  return {
    ...latest,
    subject: `${latest.subject} (${count} notifications)`,
    before: [
      `You have ${count} notifications like this from the last ${digestWindowMinutes} minutes.`,
      ...messages.map(({ before }) => before[0]!),
      ...(more > 0 ? [`${more} more aren’t shown here.`] : []),
      ...latest.before.slice(1),
    ],
  };
}
