import type { Prose } from './prose.ts';

/** A space in the pattern of a former word matches any white space. */
type Row = readonly [former: string, use: string, kinds?: readonly Prose['kind'][]];

const pronouns: readonly Row[] = [
  ['whoever|whomever|whosever', 'the role: caller, client, subscriber, operator, admin, member'],
  ["(?:no|some|any|every)body(?:’s|'s)?", 'the role, "anyone" or "everyone"'],
  ["those who|he who|oneself|one’s|one's", 'the role, "their"'],
  [
    '(?<=(?:^|[.;:,(] ?|that |what |when |where |if |as |while |until |before |because ))\\bone (?:may|can|must|has|does|wants|needs|asks|gets|had|sees|knows)',
    'the role, "you"',
  ],
  ['whatever', '"any", "regardless of"'],
];

const dataFlow: readonly Row[] = [
  ['tells?|told|telling|untold', 'publish, notify, report, return, show'],
  ['says?|said|saying', 'state, contain, return, send, mean'],
  ['hears?|heard|hearing|unheard', 'receive'],
  ['answer(?:s|ed|ing)?|unanswered', 'response, respond, return, acknowledge'],
  [
    'ask(?:s|ed|ing)? (?:of|the (?:database|server|log|bus|feed|instance|client|other|store|cache|others|issuer)|PostgreSQL|Redis|pg|again|anew|each|every|all|which|what|whether|how)',
    'request, query',
  ],
  ['without a word|words? (?:on|over) the bus|beside the log', 'ephemeral message, ephemeral state'],
  [
    '(?:an?|no|each|such|these) words? (?:that (?:is|was|comes|came|names)|was|about|of the bus|from|comes|on (?:the|another))|words of the bus',
    'ephemeral message',
  ],
];

const calques: readonly Row[] = [
  ['anew', 'again'],
  ['meanwhile', 'concurrently, in between'],
  ['mend(?:s|ed|ing)?', 'fix'],
  [
    'once an? (?:audience|organization|socket|connection|process|viewer|instance|user|member|step|frame|tick|turn|request|command)',
    'once per …',
  ],
  [
    'one (?:\\w+ )?(?:step|snapshot|frame|entry|line|message|query|row|read|copy|timer) an? (?:audience|organization|socket|process|viewer|instance|user|member|request|command)',
    'per',
  ],
  [
    '(?<!\\bthere )\\b(?:is|are|was|were|be) no (?:boolean|number|string|object|list|array|integer|address|record|member|person|user|terminal|text|error|refusal|mistake|secret|change|place|proof|promise)',
    '"is not a …"',
  ],
  ['(?:is|are|was|were|be|been|not) had', 'is acquired, held'],
  ['tak(?:es?|en|ing) (?:\\w+ )?for (?:an?|one|new|dead|granted|lost)|took (?:\\w+ )?for (?:an?|one)', 'treats as'],
  ['so many(?! (?:\\w+ )?that)|so few(?! (?:\\w+ )?that)', 'this many, up to N'],
  [
    '(?:has|have|had|having) (?:it|them|us|him|itself|themselves|that|this) (?:done|made|sent|written|read|told|said|shown|[a-z]+ed)',
    '"does it with", the active verb',
  ],
  ['moved? on|moves on', 'changed'],
  ['(?:is|are|was|were|be|been|stays?|stayed) away', 'unavailable, down'],
  ['let(?:s|ting)? in', 'admit, allow, authorize'],
  ['its kin|kin', 'related variables, and the like'],
  ['for ever', 'forever, permanently'],
  ['for good', 'permanently'],
  ['in peace', 'unchanged'],
];

const metaphors: readonly Row[] = [
  ['legs?', 'catch-up step'],
  ['carr(?:y|ies|ied) on', 'slow-consumer recovery, continue'],
  [
    'one turn(?!s)|(?:an?|the|same|its|their|each|every|this|that|next|own|leaves?|gives?|more|other|of|for) turns?(?! (?:out|into|on|off|to|it|stale|false|true|round|around|of the (?:event )?loop))',
    'queue position, tick',
  ],
  ['gates?', 'admission semaphore'],
  [
    "(?:free|no|more|open|member’s|member's|for|many|few) places?(?! (?:where|of (?:its|the)|for|that|in))|(?:gives?|gave|hands|takes?|took|holds?|waits? for|asks? for) (?:back )?(?:its|their|an?|the) places?|places? (?:on|in) (?:an?|its|their|the|each|every|some|one|two|several)? ?(?:teams?|organizations?|queue|line)",
    'slot, membership, queue position',
  ],
  ['(?:an?|the|each|every|this|that|such|these|those|its|their) letters?(?! (?:or|and|for|in|of|[A-Z]))', 'message'],
  ['stationery', 'mail context'],
  ['surroundings', 'host, environment'],
  ['storms?|gusts?', 'reconnect burst'],
  ['judg(?:es?|ed|ing|e?ments?)', 'evaluate, check, access decision'],
  [
    '(?:is|are|was|were|be|been|gets?) settled|settl(?:es?|ed|ing) (?:the|an?|it|them|what|which|all|every|each|two|this|that|one)(?! way)',
    'resolve, close',
  ],
  ['doubts?|doubted|doubtful', 'suspected gap, uncertain'],
  [
    "(?:an?|the|live|each|every|its|new|whole|old|next|client's|client’s|their|stale|first|all|viewer's|one) cop(?:y|ies)(?! (?:of (?:the|its|an?) (?:array|buffer|list|file|text|command|object|map|set|source|binary|bytes)|button|link|to))",
    'replica, snapshot',
  ],
  ['followers?', 'subscriber'],
  ['follow(?:s|ed|ing)? (?:an?|the|one|its|every|each|this|that|\\d+|many|several) (?:\\w+ )?organizations?', 'subscribe to'],
  ['standings?', 'position, state'],
  ['stands? (?:here|there|at|beside)|(?:stood|stands?|standing) open', 'is, position'],
];

/** The noun that the text defines comes first. */
const openings: readonly Row[] = [
  ['^\\W*(?:Of|Who|Whom|Whose|What|By|Those|That which|How)', 'a docstring that begins with the noun or verb', ['comment', 'api']],
  ['(?<=[.!?] )Of(?! course)', 'subject, verb, object'],
];

function compile(row: Row) {
  const [former, use, kinds] = row;
  const source = former.startsWith('^') || former.startsWith('(?<') ? `(?:${former})\\b` : `\\b(?:${former})(?![\\w-]|\\.\\w)`;
  const caseless = openings.includes(row) ? 'g' : 'gi';
  return { pattern: new RegExp(source.replaceAll(' ', '\\s+'), caseless), use, kinds };
}

/** Our former words, each with the field's term. */
export const formerWords = [...pronouns, ...dataFlow, ...calques, ...metaphors, ...openings].map(compile);
