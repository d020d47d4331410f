"""A replica of one organization, changed by the frames of docs/protocol.md. It uses no network and no clock."""

import json
import zlib

MODULUS = 2**53


class Violation(Exception):
    """The server sent something that the protocol rules out."""


class UnknownOp(Exception):
    """This client is too old to apply a change. Only a new snapshot helps."""


def demand(condition, reason):
    if not condition:
        raise Violation(reason)


def canonical_json(value):
    """RFC 8785 for the values in records. It sorts keys by UTF-16 code units; Python sorts by code points."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode('utf-16-be'))
        return '{' + ','.join(f'{canonical_json(key)}:{canonical_json(item)}' for key, item in members) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(canonical_json, value)) + ']'
    demand(not isinstance(value, float), f'{value!r} is in a record, which holds no fractions')
    return json.dumps(value, ensure_ascii=False)


def checksum(kind, record_id, record):
    return zlib.crc32(canonical_json([kind, record_id, record]).encode())


class Replica:
    def __init__(self):
        self.revision = None  # None until a snapshot is complete.
        self.cursor = None
        self.resumed_at = None
        self.last_changes = []  # Those of the last step or snapshot-end that was applied.
        self._forget_records()

    def _forget_records(self):
        self.records = {}
        self.sum = 0
        self.parts = None  # Of the snapshot that is arriving.
        self.next_part = 0
        self.pieces = []
        self.caught_up = False

    def wipe(self):
        self.__init__()

    def begin(self, answer):
        """Takes the acknowledgement of a subscription."""
        if answer['mode'] == 'snapshot':
            self.wipe()
            return
        demand(answer['mode'] == 'resume', f'the mode {answer["mode"]!r} is unknown')
        demand(self.revision is not None, 'resumed what was never held')
        demand(answer['revision'] >= self.revision, f'resumed at {answer["revision"]}, behind {self.revision}')
        self.pieces = []
        self.resumed_at = answer['revision']
        self.caught_up = False

    def add_part(self, frame):
        part, parts = frame['part'], frame['parts']
        demand(self.revision is None, 'a snapshot came that neither an acknowledgement nor a resync announced')
        if part == 0:
            self._forget_records()
            self.parts = parts
        demand(self.parts == parts and part == self.next_part < parts, f'part {part} of {parts} came after {self.next_part} of {self.parts}')
        self.next_part += 1
        for entry in frame['records']:
            key = (entry['kind'], entry['id'])
            demand(key not in self.records, f'{key} is twice in a snapshot')
            self._put(*key, entry['record'])

    def end_snapshot(self, frame):
        demand(self.revision is None and self.parts is not None, 'a snapshot ended that never began')
        demand(self.next_part == self.parts, f'a snapshot ended after {self.next_part} of {self.parts} parts')
        self._apply(frame.get('changes', []), view=False)
        self.revision, self.cursor, self.parts = frame['revision'], frame['cursor'], None
        self._compare(frame)

    def take_step(self, frame):
        """Returns `repeat`, `held`, `applied`, or `gap` if an earlier step is missing."""
        start, end = frame['from'], frame['to']
        demand(self.revision is not None, f'the step {start}..{end} came before the end of a snapshot')
        demand(start < end, f'the step {start}..{end} leads nowhere')
        demand(
            all((piece['from'], piece['to']) == (start, end) for piece in self.pieces),
            f'the step {start}..{end} came between the pieces of another',
        )
        if frame.get('more'):
            self.pieces.append(frame)
            return 'held'
        pieces, self.pieces = [*self.pieces, frame], []
        if end <= self.revision:
            return 'repeat'
        if start > self.revision:
            return 'gap'
        if self.resumed_at is not None and end <= self.resumed_at:
            demand(not self.caught_up, f'the step {start}..{end} is a second one to catch up with {self.resumed_at}')
            self.caught_up = True
        views = {bool(piece.get('view')) for piece in pieces}
        demand(len(views) == 1, f'the pieces of the step {start}..{end} differ in view')
        self._apply([change for piece in pieces for change in piece['changes']], view=views.pop())
        self.revision, self.cursor = end, frame['cursor']
        return 'applied'

    def take_pong(self, entry):
        """Returns `compared`, `older`, or `no-copy` while a snapshot is arriving."""
        if self.revision is None:
            return 'no-copy'
        if entry['revision'] < self.revision:
            return 'older'
        demand(not self.pieces or entry['revision'] < self.pieces[0]['to'], 'a pong overtook the last piece of a step')
        self.revision, self.cursor = entry['revision'], entry['cursor']
        self._compare(entry)
        return 'compared'

    def as_listed(self):
        """All records, by kind and id. The sum is computed from scratch, which reveals an error in the incremental one."""
        listed = [{'kind': kind, 'id': record_id, 'record': record} for (kind, record_id), (record, _) in sorted(self.records.items())]
        total = sum(checksum(entry['kind'], entry['id'], entry['record']) for entry in listed) % MODULUS
        return {'revision': self.revision, 'count': len(listed), 'sum': total, 'records': listed}

    def _compare(self, claim):
        held = (len(self.records), self.sum)
        claimed = (claim['count'], claim['sum'])
        demand(held == claimed, f'at {self.revision} the count and sum are {held} here and {claimed} at the server')

    def _apply(self, changes, view):
        self.last_changes = changes
        touched = set()
        for change in changes:
            op, key = change['op'], (change['kind'], change['id'])
            demand(key not in touched, f'{key} is twice in one step')
            touched.add(key)
            demand(op != 'forget' or view, f'{key} is to be forgotten in a step without view')
            if op == 'put':
                self._put(*key, change['record'])
            elif op in ('remove', 'forget'):
                demand('record' not in change, f'a record comes with the {op} of {key}')
                self._drop(key)
            else:
                raise UnknownOp(op)

    def _put(self, kind, record_id, record):
        demand(isinstance(record_id, str) and record.get('id') == record_id, f'the {kind} {record_id!r} has the id {record.get("id")!r} inside')
        self._drop((kind, record_id))
        own = checksum(kind, record_id, record)
        self.records[(kind, record_id)] = (record, own)
        self.sum = (self.sum + own) % MODULUS

    def _drop(self, key):
        _, own = self.records.pop(key, (None, 0))
        self.sum = (self.sum - own) % MODULUS
