import { namedShapes } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';

/** A JSON Schema of dialect 2020-12, which OpenAPI 3.1 uses. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface SchemaOptions {
  /**
   * Whether a response may contain only the described keys. The tests require this. Clients must
   * not rely on it, because later versions add keys.
   */
  readonly isClosed: boolean;
}

export interface WrittenShapes {
  /** Schemas by name, for `components`. */
  readonly components: Readonly<Record<string, JsonSchema>>;
  /** Returns the schema to use in place of a shape: a reference if the shape has a name. */
  of(shape: z.ZodType): JsonSchema;
}

/** Converts the shapes of responses to schemas. A named shape is written once and referenced. */
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

/** Returns the schema of a body or a parameter. */
export function writeInput(schema: z.core.$ZodType): JsonSchema {
  return withoutAddress(z.toJSONSchema(schema, { io: 'input' }));
}

/** Removes keys that apply to a whole document, which has its own dialect and address. */
function withoutAddress({ $schema, $id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
