import { examineForAsvs } from '../../compose/checks/examine-for-asvs.ts';
import { examineSetup, type Finding } from '../../compose/checks/examine-setup.ts';
import { ConfigError } from '../../config/config-error.ts';
import { findSecret } from '../../config/keep-secret.ts';
import { type Config, parseConfig } from '../../config.ts';
import { CliError } from '../cli-error.ts';
import { readEnvironment } from '../environment.ts';

/** The longest subject is DEFAULT_ORGANIZATION. */
const subjectWidth = 20;

export interface DoctorOptions {
  /** Lists what level 2 of OWASP ASVS needs, in place of the checks. */
  readonly asvs?: true;
}

export async function runDoctor(options: DoctorOptions): Promise<void> {
  let checked = 0;
  let failed = 0;
  for await (const finding of examine(options)) {
    print(finding);
    checked++;
    if (finding.state === 'failed') failed++;
  }
  if (failed > 0) throw new CliError(`${failed} of ${checked} checks failed`);
}

async function* examine({ asvs }: DoctorOptions): AsyncGenerator<Finding> {
  let config: Config;
  try {
    config = parseConfig(readEnvironment(), findSecret);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    yield { subject: 'settings', state: 'failed', text: error.message };
    return;
  }
  yield { subject: 'settings', state: 'ok', text: 'valid' };
  yield* asvs ? examineForAsvs(config) : examineSetup(config);
}

function print({ subject, state, text }: Finding): void {
  console.log(`${state.padEnd(8)} ${subject.padEnd(subjectWidth)} ${text.replace(/\s*\n\s*/g, ' ')}`);
}
