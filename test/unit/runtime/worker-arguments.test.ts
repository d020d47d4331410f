import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { workerArguments } from '../../../server/src/runtime/worker-arguments.ts';

describe('the arguments of worker threads', () => {
  it('find packages, and include none that is for the program', () => {
    const given = ['--conditions=@rollcall/source', '--import', './loader.mjs', '--input-type=module', '--eval', 'run()'];
    assert.deepEqual(workerArguments(given), ['--conditions=@rollcall/source']);
  });

  it('[H-96] start the verification of SAML responses in a program that is an argument', async () => {
    const program = `
      const { VerificationPool } = await import('./server/src/features/single-sign-on/saml/verification/verification-pool.ts');
      const { SamlTarget } = await import('./test/support/saml/saml-target.ts');
      const target = await SamlTarget.make();
      const job = { provider: target.provider(), base64: await target.response(), expected: target.expected() };
      const pool = new VerificationPool();
      console.log(JSON.stringify(Object.keys(await pool.verify(job, async () => true))));
      await pool.close();`;
    const options = ['--conditions=@rollcall/source', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    assert.equal(stdout.trim(), '["identity"]');
  });
});
