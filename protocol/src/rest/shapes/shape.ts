import * as z from 'zod';

/**
 * A shape describes the body of a response, field by field. The server's `present-….ts` return
 * these shapes, and the SDK infers its types from them. The description of the API is generated
 * from them. The tests check every response against them.
 */

/** The shapes that the description of the API lists by name. */
export const namedShapes = new Map<string, z.ZodType>();

export function named<Shape extends z.ZodType>(name: string, description: string, shape: Shape): Shape {
  if (namedShapes.has(name)) throw new Error(`Two shapes are named ${name}.`);
  const described = shape.describe(description);
  namedShapes.set(name, described);
  return described;
}

/**
 * Describes each field of a record or of a body. Records have no descriptions of their own, because
 * the client contains their schemas.
 */
export function describeFields<Fields extends Readonly<Record<string, z.core.$ZodType>>>(
  fields: Fields,
  descriptions: { readonly [Name in keyof Fields]: string },
): Fields {
  const described = Object.entries(fields).map(([name, field]) => {
    const copy = z.clone(field);
    z.globalRegistry.add(copy, { description: descriptions[name]! });
    return [name, copy];
  });
  return Object.fromEntries(described) as Fields;
}

/** The body of a response with this shape. Deeply read-only. */
export type ResponseOf<Shape extends z.ZodType> = Frozen<z.output<Shape>>;

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** A 64-bit integer. */
export const id = z.string().regex(/^[0-9]{1,19}$/);

/** UTC, with three to six fractional digits. */
export const dateTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/)
  .meta({ format: 'date-time', examples: ['2020-09-14T17:28:14.933511Z'] });

/** Fields that clients of Sentry expect, but for which the server stores nothing. */
export const alwaysNull = z.null().describe('Always null. Clients of Sentry expect it.');
export const alwaysFalse = z.literal(false).describe('Always false. Clients of Sentry expect it.');
export const nothing = z.object({}).describe('Always empty. Clients of Sentry expect it.');
export const noItems = z.array(z.unknown()).max(0).describe('Always an empty list. Clients of Sentry expect it.');

/** A generated image of letters, for teams and projects, which have no other. */
export const letterAvatar = z
  .object({
    avatarType: z.literal('letter_avatar').describe('Always an image of letters.'),
    avatarUuid: alwaysNull,
  })
  .describe('The avatar.');
