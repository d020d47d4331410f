import { namedShapes } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';

/** A JSON Schema of the 2020-12 dialect, which is OpenAPI 3.1's. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface SchemaOptions {
  /**
   * Whether an answer may hold nothing but what is described. The tests hold us to that; clients are not told so, since
   * later versions answer more.
   */
  readonly isClosed: boolean;
}

export interface WrittenShapes {
  /** By name, for `components`. */
  readonly components: Readonly<Record<string, JsonSchema>>;
  /** What stands for a shape where it is used: a reference, when it has a name. */
  of(shape: z.ZodType): JsonSchema;
}

/** Writes the shapes of answers. Those that have a name are written once and referred to. */
export function writeShapes(used: Iterable<z.ZodType>, { isClosed }: SchemaOptions): WrittenShapes {
  const registry = z.registry<{ id: string }>();
  for (const [id, shape] of namedShapes) registry.add(shape, { id });
  const unnamed = [...new Set(used)].filter((shape) => !registry.has(shape));
  for (const [index, shape] of unnamed.entries()) registry.add(shape, { id: `unnamed ${index}` });

  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod as z.core.$ZodObjectInternals;
      if (def.type === 'object' && !def.catchall && !isClosed) delete jsonSchema.additionalProperties;
    },
  });
  const written = Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutAddress(schema)]));
  return {
    components: Object.fromEntries([...namedShapes.keys()].map((name) => [name, written[name]!])),
    of(shape) {
      const { id } = registry.get(shape)!;
      return namedShapes.has(id) ? { $ref: `#/components/schemas/${id}` } : written[id]!;
    },
  };
}

/** What a body or a parameter may hold. */
export function writeInput(schema: z.core.$ZodType): JsonSchema {
  return withoutAddress(z.toJSONSchema(schema, { io: 'input' }));
}

/** It is part of a document, which says its dialect and its address for all. */
function withoutAddress({ $schema, $id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
