import type { ErrorCode } from '@rollcall/protocol';
import { nameProviders } from '@rollcall/protocol';
import type * as z from 'zod';
import type { FieldDescription } from '../requests/fields.ts';

/** In the order of the API's description. */
export const tags = {
  Organizations: 'Organizations with their settings, flags and status.',
  Members: 'Members of an organization and pending invites.',
  'Invites and requests': 'Acceptance of invites, requests to invite a person, and requests to join.',
  Teams: 'Teams, their members, and requests to join a team.',
  Projects: 'Projects and the teams that have access to them.',
  'Project keys': 'Client keys, with which programs send events to a project.',
  SCIM: 'Members and teams for identity providers (SCIM 2.0). These paths have no slash at their end. Only the token of the organization for SCIM, and owners, may call them.',
  'Organization tokens': 'Tokens that belong to an organization instead of a user, for back ends.',
  'Single sign-on': 'The identity provider of an organization, the identities of its members there, and its domains.',
  Webhooks: 'Addresses that get the events of an organization, signed and in order.',
  Integrations: `Connections to ${nameProviders('name', 'and')}, and mappings of their people and teams.`,
  Changes: 'The changes of an organization as events, for programs that react to changes.',
  'Audit log': 'Records of the actions in an organization.',
  Account: 'The caller’s own account: identity, password, email addresses, tokens and second factor.',
  Sessions: 'Login, logout and the sessions of browsers.',
  Operator: 'Administration of the server with an operator token. Without `OPERATOR_TOKEN`, these paths do not exist for other callers.',
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
  readonly description: string;
  /** The query's parameters, except those of pages. */
  readonly query?: z.ZodObject;
  /**
   * Set if the response is a page of a list, with the parameters and the `Link` header of pages.
   */
  readonly isPaged?: true;
  /** The schema with which `handle` parses the body. */
  readonly body?: z.ZodObject;
  /** The body, for a handler that parses it with a function. */
  readonly bodyDescription?: FieldDescription;
  /** The media type of a body that isn't JSON. */
  readonly bodyType?: string;
  /** The media type of a successful response that isn't JSON. */
  readonly responseType?: string;
  /** The successful responses by status. Null is a response without a body. */
  readonly responses: Readonly<Record<number, z.ZodType | null>>;
  /** Errors beyond those that follow from the method, the path and the callers. */
  readonly errors?: readonly ErrorCode[];
  /**
   * Whether the route runs a command, whose response has `X-Org-Revision`. By default any write
   * below an organization does.
   */
  readonly isCommand?: boolean;
  /** A GET whose response has `X-Org-Revision`, for the `If-Match` of a write that follows it. */
  readonly hasOrgRevision?: true;
  /** Organization tokens are refused, because they have no user (REST contract 2). */
  readonly isForUsers?: true;
  /**
   * The body or the response is a secret, which is never stored, not even as a digest.
   * `Idempotency-Key` has no effect.
   */
  readonly isUnrepeatable?: true;
}
