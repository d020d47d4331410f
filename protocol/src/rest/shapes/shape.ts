import * as z from 'zod';

/**
 * A shape describes the body of a response, field by field. The server's `present-….ts` return
 * these shapes, and the SDK infers its types from them. The description of the API is generated
 * from them. The tests check every response against them.
 */

/** The shapes that the description of the API lists by name. */
export const namedShapes = new Map<string, z.ZodType>();

export function named<Shape extends z.ZodType>(name: string, shape: Shape): Shape {
  if (namedShapes.has(name)) throw new Error(`Two shapes are named ${name}.`);
  namedShapes.set(name, shape);
  return shape;
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

/**
 * An object without keys and a list without items. Clients expect the field, but the server stores
 * nothing for it.
 */
export const nothing = z.object({});
export const noItems = z.array(z.unknown()).max(0);
