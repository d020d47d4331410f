import type { ErrorCode } from '@rollcall/protocol';
import type * as z from 'zod';

/** In the order in which the API's description lists them. */
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

/** What a route says of itself: the API's description is made of it, and the tests hold its answers against it. */
export interface About {
  /** The `operationId`: a verb and a noun, such as `createTeam`. No two routes share one. */
  readonly id: string;
  /** A line. */
  readonly summary: string;
  /** What the summary and the fields leave open. Markdown. */
  readonly description?: string;
  /** The query's parameters, besides those of pages. */
  readonly query?: z.ZodObject;
  /** Whether the answer is a page of a list, with the parameters and the `Link` header of pages. */
  readonly isPaged?: true;
  /** What `handle` parses the body with: this very schema. */
  readonly body?: z.ZodObject;
  /** The type of a body that is no JSON. */
  readonly bodyType?: string;
  /** What it answers, by status; null has no body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Errors of its own, besides those that its method, path and callers bring. */
  readonly errors?: readonly ErrorCode[];
  /** Whether it runs a command, whose answer carries `X-Org-Revision`. When absent: any write below an organization does. */
  readonly isCommand?: boolean;
  /** An organization token is refused: it has no user who could do it (REST contract 2). */
  readonly isForUsers?: true;
  /** A body or an answer that is a secret is kept nowhere, nor a digest of it, so `Idempotency-Key` has no effect. */
  readonly isUnrepeatable?: true;
}

export interface TaggedAbout extends About {
  readonly tag: Tag;
}

/** What the routes of one file say of themselves. */
export function about<Key extends string>(tag: Tag, routes: Readonly<Record<Key, About>>): Readonly<Record<Key, TaggedAbout>> {
  const tagged = Object.entries<About>(routes).map(([key, one]) => [key, { tag, ...one }]);
  return Object.fromEntries(tagged) as Record<Key, TaggedAbout>;
}
