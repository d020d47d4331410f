import type * as z from 'zod';
import type { DeriveToken } from '../runtime/secrets/derived-tokens.ts';
import type { Message } from './message.ts';

/** The values with which a template makes its texts and links. */
export interface MailContext {
  /** The base URL of this server, absolute, without a trailing slash. */
  readonly publicUrl: string;
  readonly deriveToken: DeriveToken;
  /** The name of this server for its users: PRODUCT_NAME. */
  readonly productName: string;
}

/**
 * A kind of mail. `params` is stored until the mail is sent, so it contains no token, only what a
 * token is derived from. An instance of the previous release may read it, so change it as carefully
 * as a table.
 */
export interface MailTemplate<Params extends z.ZodType> {
  readonly params: Params;
  compose(params: z.output<Params>, context: MailContext): Message;
}

/** Ties `compose` to the type of `params`. */
export function mailTemplate<Params extends z.ZodType>(template: MailTemplate<Params>): MailTemplate<Params> {
  return template;
}
