import type * as z from 'zod';
import type { DeriveToken } from '../runtime/derived-tokens.ts';
import type { Message } from './message.ts';

/** What a template makes links with. */
export interface LinkMaker {
  /** Our own base URL, absolute, without a trailing slash. */
  readonly publicUrl: string;
  readonly deriveToken: DeriveToken;
  /** What users call this server: PRODUCT_NAME. */
  readonly productName: string;
}

/**
 * A kind of mail. `params` is what waits in the database until it is sent, so there is no token
 * among it, only what one is derived from. An instance of the version before may read it: change it
 * as one would a table.
 */
export interface MailTemplate<Params extends z.ZodType> {
  readonly params: Params;
  compose(params: z.output<Params>, links: LinkMaker): Message;
}

/** Ties `compose` to the type of `params`. */
export function mailTemplate<Params extends z.ZodType>(template: MailTemplate<Params>): MailTemplate<Params> {
  return template;
}
