import { readSource } from './source-files.ts';

/** The settings of deploy/nginx.conf for the requests of one location. */
export interface NginxLocation {
  readonly readTimeoutMs: number;
  readonly bodyBytesMax: number;
  /** Whether a request with `Prefer: wait` is passed to the location for such requests. */
  readonly observesPrefer: boolean;
}

interface Parsed {
  readonly modifier: string;
  readonly pattern: string;
  readonly settings: NginxLocation;
}

const configuration = readSource('deploy/nginx.conf');
const locationPattern = /^ {4}location (?:(=|~\*?) )?"?([^\s"]+)"? \{\n([\s\S]*?)^ {4}\}$/gm;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000 };

const ofServer = settingsOf(configuration.replaceAll(locationPattern, ''));
const locations: readonly Parsed[] = [...configuration.matchAll(locationPattern)].map(([, modifier = '', pattern, block]) => ({
  modifier,
  pattern: pattern!,
  settings: settingsOf(block!, ofServer),
}));

function settingsOf(block: string, inherited?: NginxLocation): NginxLocation {
  const [, time, unit] = /^\s*proxy_read_timeout (\d+)(ms|s);$/m.exec(block) ?? [];
  const [, mebibytes] = /^\s*client_max_body_size (\d+)m;$/m.exec(block) ?? [];
  return {
    readTimeoutMs: time === undefined ? inherited!.readTimeoutMs : Number(time) * unitMs[unit!]!,
    bodyBytesMax: mebibytes === undefined ? inherited!.bodyBytesMax : Number(mebibytes) * 1_024 * 1_024,
    observesPrefer: /error_page 418 = @waiting;\s*if \(\$http_prefer /.test(block),
  };
}

/**
 * The location that nginx chooses for a path: an exact one, else the first regular expression that
 * matches, else the longest prefix.
 */
export function nginxLocationOf(path: string): NginxLocation {
  const exact = locations.find(({ modifier, pattern }) => modifier === '=' && pattern === path);
  const byExpression = locations.find(
    ({ modifier, pattern }) => modifier.startsWith('~') && new RegExp(pattern, modifier === '~*' ? 'i' : '').test(path),
  );
  const byPrefix = locations
    .filter(({ modifier, pattern }) => modifier === '' && path.startsWith(pattern))
    .sort((a, b) => b.pattern.length - a.pattern.length)[0];
  return (exact ?? byExpression ?? byPrefix)!.settings;
}

/** The location that requests with `Prefer: wait` are passed to. */
export const waitingLocation: NginxLocation = locations.find(({ pattern }) => pattern === '@waiting')!.settings;
