import { type Marker, markersIn } from '../marker.ts';
import { readOnce } from '../subscribers/read-once.ts';

/** A message for raw subscribers, parsed once for all recipients. */
export interface ReadFrame {
  /** Socket.IO's packet type and, for events, the name: `42["step"`, `430`. */
  readonly kind: 'open' | 'heartbeat' | 'connected' | 'refused' | 'answer' | EventName | 'other';
  readonly text: string;
  readonly markers: readonly Marker[];
  /** Set for a step and for the end of a snapshot. */
  readonly from: number;
  readonly to: number;
  readonly cursor: string | null;
  /** A step of several pieces is complete with its last one. */
  readonly hasMore: boolean;
}

const eventNames = ['step', 'snapshot', 'snapshot-end', 'pong', 'goodbye', 'resync', 'revoked'] as const;
type EventName = (typeof eventNames)[number];

const openings: readonly (readonly [string, ReadFrame['kind']])[] = [
  ...eventNames.map((name) => [`42["${name}"`, name] as const),
  ['43', 'answer'],
  ['40', 'connected'],
  ['44', 'refused'],
  ['2', 'heartbeat'],
  ['0', 'open'],
];

export const readFrame = readOnce((payload): ReadFrame => {
  const text = payload.toString('latin1');
  const kind = openings.find(([opening]) => text.startsWith(opening))?.[1] ?? 'other';
  const carries = kind === 'step' || kind === 'snapshot' || kind === 'snapshot-end';
  const isPosition = kind === 'step' || kind === 'snapshot-end';
  // The position precedes the changes in a frame, so that no record can be mistaken for it.
  const header = isPosition ? text.slice(0, 1_000).split('"changes"')[0]! : '';
  const whole = (name: string) => Number(new RegExp(`"${name}":(\\d+)`).exec(header)?.[1] ?? -1);
  return {
    kind,
    text,
    markers: carries ? markersIn(text) : [],
    from: whole('from'),
    to: kind === 'step' ? whole('to') : whole('revision'),
    cursor: /"cursor":"([^"]+)"/.exec(header)?.[1] ?? null,
    hasMore: kind === 'step' && text.includes('"more":true'),
  };
});

/** The JSON after the packet type: `430[{…}]`, `44{…}`, `42["pong",{…}]`. */
export function payloadOf({ text }: ReadFrame): unknown {
  const json: unknown = JSON.parse(text.slice(text.search(/[[{]/)));
  if (!Array.isArray(json)) return json;
  return json.at(-1);
}
