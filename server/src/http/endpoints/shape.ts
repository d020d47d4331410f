import * as z from 'zod';

/**
 * What answers look like, field by field. `present-….ts` is typed by these shapes, the API's description is made of them, and
 * the tests hold every answer against them, so that none of the three can say something else than the others.
 */

/** Shapes that the description lists by their name. */
export const namedShapes = new Map<string, z.ZodType>();

export function named<Shape extends z.ZodType>(name: string, shape: Shape): Shape {
  if (namedShapes.has(name)) throw new Error(`Two shapes are named ${name}.`);
  namedShapes.set(name, shape);
  return shape;
}

/** What may be handed out as an answer of this shape. Read only, as most that is presented is. */
export type Shown<Shape extends z.ZodType> = Frozen<z.output<Shape>>;

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** A 64-bit integer. */
export const id = z.string().regex(/^[0-9]{1,19}$/);

/** UTC, mostly with microseconds. */
export const dateTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/)
  .meta({ format: 'date-time', examples: ['2020-09-14T17:28:14.933511Z'] });

/** An object without any key, and a list without any item: clients expect the key, and we keep nothing there. */
export const nothing = z.object({});
export const noItems = z.array(z.unknown()).max(0);
