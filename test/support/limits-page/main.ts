import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSource, repository } from '../source-files.ts';
import { limitsPage, renderLimits } from './render-limits.ts';

writeFileSync(path.join(repository, limitsPage), renderLimits(readSource(limitsPage)));
