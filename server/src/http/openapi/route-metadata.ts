import type { ErrorCode } from '@rollcall/protocol';
import type * as z from 'zod';

/** In the order of the API's description. */
export const tags = {
  Organizations: 'What everything else is in: its settings, flags and status.',
  Members: 'People and invites of an organization.',
  'Invites and requests': 'How somebody gets in: asking, being asked for, and accepting.',
  Teams: 'Teams, who is on them, and who asks for a place.',
  Projects: 'Projects, and which teams reach them.',
  'Project keys': 'Client keys, by which programs send to a project.',
  'Organization tokens': 'Tokens of the organization itself, for back ends.',
  'Audit log': 'Who did what.',
  Account: 'The caller themselves: who they are, their tokens, addresses and second factor.',
  Sessions: 'Logging in and out in a browser.',
  Operator: 'For whoever runs the server, with the operator’s token. Every path is unknown where none is set.',
} as const;
export type Tag = keyof typeof tags;

/**
 * Describes a route. The description of the API is generated from it, and the tests check the
 * route's responses against it.
 */
export interface RouteMetadata {
  readonly tag: Tag;
  /** The `operationId`: a verb and a noun, such as `createTeam`. No two routes share one. */
  readonly id: string;
  /** One line. */
  readonly summary: string;
  /** Markdown. Adds what the summary and the fields leave open. */
  readonly description?: string;
  /** The query's parameters, except those of pages. */
  readonly query?: z.ZodObject;
  /**
   * Set if the response is a page of a list, with the parameters and the `Link` header of pages.
   */
  readonly isPaged?: true;
  /** The schema with which `handle` parses the body. */
  readonly body?: z.ZodObject;
  /** The media type of a body that isn't JSON. */
  readonly bodyType?: string;
  /** The successful responses by status. Null is a response without a body. */
  readonly responses: Readonly<Record<number, z.ZodType | null>>;
  /** Errors beyond those that follow from the method, the path and the callers. */
  readonly errors?: readonly ErrorCode[];
  /**
   * Whether the route runs a command, whose response has `X-Org-Revision`. By default any write
   * below an organization does.
   */
  readonly isCommand?: boolean;
  /** Organization tokens are refused, because they have no user (REST contract 2). */
  readonly isForUsers?: true;
  /**
   * The body or the response is a secret, which is never stored, not even as a digest.
   * `Idempotency-Key` has no effect.
   */
  readonly isUnrepeatable?: true;
}
