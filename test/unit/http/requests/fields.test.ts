import assert from 'node:assert/strict';
import * as z from 'zod';
import {
  booleanField,
  emailField,
  nullable,
  parseBody,
  parseFields,
  passwordField,
  stringField,
} from '../../../../server/src/http/requests/fields.ts';

const schema = z.object({
  isOn: booleanField().optional(),
  name: stringField({ max: 3 }),
  note: nullable(stringField({ max: 2 })).optional(),
});

describe('fields of a body', () => {
  it('[V2.2.1] yield the valid values of a body and the errors of the others', () => {
    assert.deepEqual(parseFields(schema, { isOn: 'maybe', name: ' ab ', note: null, unknown: 1 }), {
      fields: { name: 'ab', note: null },
      malformed: { isOn: ['Must be a valid boolean.'] },
    });
  });

  it('yield one message per invalid field', () => {
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

  it('[V15.3.3] omit absent and inherited properties', () => {
    const body = Object.create({ isOn: true }, { name: { value: 'ab', enumerable: true } }) as object;
    assert.deepEqual(parseBody(schema, body), { name: 'ab' });
  });

  it('[6.3] accept addresses at localhost and reject addresses without a domain', () => {
    const addresses = z.object({ email: emailField() });
    for (const email of ['eric@localhost', 'eric@example.com']) assert.deepEqual(parseBody(addresses, { email }), { email });
    for (const email of ['eric', 'eric@', '@localhost', 'eric@nowhere', 'a b@localhost']) {
      assert.throws(() => parseBody(addresses, { email }), { body: { email: ['Enter a valid email address.'] } });
    }
  });

  it('[V6.2.1] [V6.2.5] [V6.2.8] [V6.2.9] accept a password that has 8 to 256 characters of any kind, and keep it as it was sent', () => {
    const schemaOfPassword = z.object({ password: passwordField({ min: 8, max: 256 }) });
    for (const password of ['        ', '12345678', ' Correct Horse ', 'пароль🙂🙂', 'x'.repeat(64), 'x'.repeat(256)]) {
      assert.deepEqual(parseFields(schemaOfPassword, { password }), { fields: { password }, malformed: {} });
    }
    for (const password of ['1234567', '🙂🙂🙂🙂', 'x'.repeat(257)]) {
      assert.deepEqual(Object.keys(parseFields(schemaOfPassword, { password }).malformed), ['password']);
    }
  });

  it('require a body that is an object', () => {
    assert.throws(() => parseFields(schema, ['ab']), {
      body: { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
    });
  });
});
