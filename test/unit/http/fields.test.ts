import assert from 'node:assert/strict';
import * as z from 'zod';
import { booleanField, nullable, parseBody, parseFields, stringField } from '../../../server/src/http/fields.ts';

const schema = z.object({
  isOn: booleanField().optional(),
  name: stringField({ max: 3 }),
  note: nullable(stringField({ max: 2 })).optional(),
});

describe('fields of a body', () => {
  it('keeps what is right of a body that is wrong elsewhere', () => {
    assert.deepEqual(parseFields(schema, { isOn: 'maybe', name: ' ab ', note: null, unknown: 1 }), {
      fields: { name: 'ab', note: null },
      malformed: { isOn: ['Must be a valid boolean.'] },
    });
  });

  it('reports every failing field with its own message', () => {
    const refusal = {
      code: 'invalid',
      body: {
        isOn: ['This field may not be null.'],
        name: ['This field is required.'],
        note: ['Ensure this field has no more than 2 characters.'],
      },
    };
    assert.throws(() => parseBody(schema, { isOn: null, note: 'abc' }), refusal);
  });

  it('leaves out what is absent, and what is only inherited', () => {
    const body = Object.create({ isOn: true }, { name: { value: 'ab', enumerable: true } }) as object;
    assert.deepEqual(parseBody(schema, body), { name: 'ab' });
  });

  it('refuses a body that is no object', () => {
    assert.throws(() => parseFields(schema, ['ab']), {
      body: { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
    });
  });
});
