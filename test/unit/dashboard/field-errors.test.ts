import assert from 'node:assert/strict';
import { OrgError } from '@rollcall/client';
import { formErrorsOf, shownBy } from '../../../dashboard/src/live/field-errors.ts';

describe('the errors of a form', () => {
  const errorsOf = (body: unknown) => formErrorsOf(new OrgError('invalid', 'The request failed.', { body }));

  it('include the errors of fields and the error of the whole form', () => {
    assert.deepEqual(errorsOf({ name: ['Too long.'], non_field_errors: ['Too many.'] }), { name: 'Too long.', form: 'Too many.' });
    assert.deepEqual(errorsOf({ name: ['Too long.'] }), { name: 'Too long.' });
  });

  it('contain only the error of the request if no field is wrong, without an error id or a revision', () => {
    assert.deepEqual(errorsOf({ detail: 'Internal Error', errorId: '7' }), { form: 'The request failed.' });
    assert.deepEqual(errorsOf(null), { form: 'The request failed.' });
  });

  it('concern the whole form if it has no field for them', () => {
    const errors = errorsOf({ name: ['Too long.'], platform: ['Unknown.'], non_field_errors: ['Too many.'] });
    assert.deepEqual(shownBy(['name'], errors), { name: 'Too long.', form: 'Unknown. Too many.' });
    assert.deepEqual(shownBy(['name', 'platform'], errorsOf({ platform: ['Unknown.'] })), { platform: 'Unknown.' });
    assert.deepEqual(shownBy(['name'], {}), {});
  });
});
