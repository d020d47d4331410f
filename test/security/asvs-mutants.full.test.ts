import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { repository } from '../support/source-files.ts';

/** A control that is missing from a source, and a test that fails without it. */
interface ControlMutant {
  /** The requirement of OWASP ASVS that needs the control. */
  readonly number: string;
  /** A path from `test/`. Titles of the file contain the number. */
  readonly test: string;
  /** A path from `server/src/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const mutants: readonly ControlMutant[] = [
  {
    number: 'V1.1.2',
    test: 'unit/mail/template-list.test.ts',
    file: 'runtime/text/escape-html.ts',
    from: 'entities[character]!',
    to: 'character',
  },
  {
    number: 'V1.2.2',
    test: 'unit/outbound/destination-policy.test.ts',
    file: 'outbound/destination-policy.ts',
    from: "if (protocol !== 'https:' && protocol !== 'http:') return 'scheme';",
    to: '',
  },
  {
    number: 'V1.3.3',
    test: 'unit/runtime/text/name-text.test.ts',
    file: 'runtime/text/name-text.ts',
    from: 'text.includes(scheme)',
    to: 'false',
  },
  {
    number: 'V1.3.6',
    test: 'unit/outbound/destination-policy.test.ts',
    file: 'outbound/destination-policy.ts',
    from: "if (!isPublic(address)) return 'address';",
    to: '',
  },
  {
    number: 'V1.3.11',
    test: 'unit/runtime/text/name-text.test.ts',
    file: 'runtime/text/name-text.ts',
    from: "text.replaceAll(wordJoiner, '')",
    to: 'text',
  },
  {
    number: 'V1.5.1',
    test: 'unit/features/single-sign-on/saml/idp-metadata.test.ts',
    file: 'features/single-sign-on/saml/idp-metadata.ts',
    from: '/<!(DOCTYPE|ENTITY)/i.test(xml)',
    to: 'false',
  },
  {
    number: 'V3.3.1',
    test: 'unit/identity/session-cookie.test.ts',
    file: 'identity/host-cookie.ts',
    from: 'secure: this.#isSecure,',
    to: '',
  },
  {
    number: 'V3.3.3',
    test: 'unit/identity/session-cookie.test.ts',
    file: 'identity/host-cookie.ts',
    from: 'this.#name = this.#isSecure ?',
    to: 'this.#name = !this.#isSecure ?',
  },
  {
    number: 'V3.5.1',
    test: 'unit/identity/request-forgery.test.ts',
    file: 'identity/request-forgery.ts',
    from: 'isAllowedOrigin(origin) ? null',
    to: 'isAllowedOrigin(origin) || true ? null',
  },
  {
    number: 'V4.1.3',
    test: 'unit/http/requests/caller-address.test.ts',
    file: 'http/requests/caller-address.ts',
    from: 'trust(withoutPort(address), hops)',
    to: 'true',
  },
  {
    number: 'V6.2.1',
    test: 'unit/http/requests/fields.test.ts',
    file: 'http/requests/fields.ts',
    from: '[...value].length < min',
    to: 'false',
  },
  {
    number: 'V6.2.8',
    test: 'unit/http/requests/fields.test.ts',
    file: 'http/requests/fields.ts',
    from: ' characters.`) : value;',
    to: ' characters.`) : value.trim();',
  },
  {
    number: 'V6.4.1',
    test: 'unit/runtime/secrets/derived-tokens.test.ts',
    file: 'runtime/secrets/derived-tokens.ts',
    from: ".digest('hex');",
    to: ".digest('hex').slice(0, 8);",
  },
  {
    number: 'V10.1.2',
    test: 'unit/features/single-sign-on/flows/sealed-flow.test.ts',
    file: 'features/single-sign-on/flows/sealed-flow.ts',
    from: 'if (flow?.id === id)',
    to: 'if (flow !== null)',
  },
  {
    number: 'V11.3.1',
    test: 'unit/features/single-sign-on/saml/verify-saml-response.test.ts',
    file: 'features/single-sign-on/saml/response-algorithms.ts',
    from: "if (algorithmOf(encryptedAssertion, 'EncryptedKey') !== keyTransport)",
    to: 'if (false)',
  },
  {
    number: 'V11.3.3',
    test: 'unit/identity/secrets.test.ts',
    file: 'runtime/secrets/derive-key.ts',
    from: "hkdfSync('sha256', secret,",
    to: "hkdfSync('sha256', '',",
  },
  {
    number: 'V11.4.2',
    test: 'unit/identity/secrets.test.ts',
    file: 'identity/passwords/password-cost.ts',
    from: 'defaultPasswordCost: PasswordCost = { memoryKib: 19_456',
    to: 'defaultPasswordCost: PasswordCost = { memoryKib: 8',
  },
  {
    number: 'V11.5.1',
    test: 'unit/identity/tokens/tokens.test.ts',
    file: 'identity/tokens/tokens.ts',
    from: "import { randomBytes } from 'node:crypto';",
    to: 'const randomBytes = (_bytes: number) => Buffer.alloc(4);',
  },
  {
    number: 'V13.2.4',
    test: 'unit/outbound/destination-policy.test.ts',
    file: 'outbound/destination-policy.ts',
    from: 'this.#allowed.ranges.some((range) => isInRange(address, range))',
    to: 'true',
  },
  {
    number: 'V13.3.1',
    test: 'unit/config/keep-secret.test.ts',
    file: 'config/keep-secret.ts',
    from: "writeFileSync(own, text, { mode: 0o600, flag: 'wx' });",
    to: "writeFileSync(own, text, { mode: 0o644, flag: 'wx' });",
  },
  {
    number: 'V15.3.3',
    test: 'unit/http/requests/fields.test.ts',
    file: 'http/requests/fields.ts',
    from: 'Object.hasOwn(body, key) ? ',
    to: 'key in body ? ',
  },
  {
    number: 'V15.3.4',
    test: 'unit/http/requests/caller-address.test.ts',
    file: 'http/requests/caller-address.ts',
    from: 'trust(withoutPort(address), hops)',
    to: 'true',
  },
  {
    number: 'V16.2.5',
    test: 'unit/runtime/text/log-redaction.test.ts',
    file: 'runtime/text/log-redaction.ts',
    from: 'secretTexts.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text)',
    to: 'text',
  },
  {
    number: 'V16.4.1',
    test: 'unit/runtime/text/log-redaction.test.ts',
    file: 'runtime/text/log-redaction.ts',
    from: 'if (secretKey.test(key)) return removed;',
    to: '',
  },
];

/** Runs the tests of a file whose titles have the number, without the control. */
function runWithout({ number, test, file, from, to }: ControlMutant): Promise<{ readonly hasPassed: boolean; readonly output: string }> {
  const env = {
    ...process.env,
    NODE_OPTIONS: '--import=./test/simulation/mutation.mjs',
    MUTATION: JSON.stringify({ file: `server/src/${file}`, from, to }),
  };
  const args = ['node_modules/mocha/bin/mocha.js', `test/${test}`, '--fgrep', `[${number}]`];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: repository, env }, (error, stdout, stderr) => {
      resolve({ hasPassed: error === null, output: stdout + stderr });
    });
  });
}

describe('the tests of requirements of OWASP ASVS', () => {
  for (const mutant of mutants) {
    it(`${mutant.number} fail without the control in ${mutant.file}`, async () => {
      const { hasPassed, output } = await runWithout(mutant);
      assert.ok(!hasPassed && /\d+ failing/.test(output), output);
    });
  }
});
