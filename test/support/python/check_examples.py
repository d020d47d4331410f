"""
Reads docs/protocol.md and checks its examples: they are JSON, its frames follow from each other, its sums are right.

    check_examples.py FILE
"""

import json
import os
import re
import sys
import zlib

sys.path.append(os.path.join(os.path.dirname(__file__), '../../../examples/python'))
from replica import Replica, canonical_json, demand  # noqa: E402

DOWN = {'snapshot': 'add_part', 'snapshot-end': 'end_snapshot', 'step': 'take_step'}


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        text = file.read()
    values = [json.loads(block) for block in re.findall(r'^```json\n(.*?)^```$', text, re.DOTALL | re.MULTILINE)]
    frames = [value for value in values if isinstance(value, list)]

    replica = Replica()
    outcomes = []
    for event, payload in frames:
        if event in DOWN:
            outcomes.append((event, getattr(replica, DOWN[event])(payload)))
        elif event == 'pong':
            outcomes.append((event, replica.take_pong(payload['orgs']['3'])))
    demand(('step', 'held') in outcomes and ('pong', 'compared') in outcomes, f'the story has another course: {outcomes}')

    total = 0
    worked = re.findall(r'^(\[.*\])\ncrc32 = (\d+)$', text, re.MULTILINE)
    for line, crc in worked:
        demand(canonical_json(json.loads(line)) == line, f'{line} is not canonical')
        demand(zlib.crc32(line.encode()) == int(crc), f'the CRC-32 of {line} is {zlib.crc32(line.encode())}')
        total += int(crc)
    demand(re.search(rf'^sum = {total}$', text, re.MULTILINE), f'the sum of the worked example is {total}')
    final = sorted([entry['kind'], entry['id'], entry['record']] for entry in replica.as_listed()['records'])
    demand(final == sorted(json.loads(line) for line, _ in worked), 'the worked example has other records than the story ends with')
    print(json.dumps({'frames': len(frames), 'events': sorted({event for event, _ in frames})}))


if __name__ == '__main__':
    main()
