"""
Keeps a replica of an organization current and prints each change. docs/protocol.md describes the protocol.

    ROLLCALL_TOKEN=… python3 subscribe.py http://localhost:4000 ORGANIZATION
"""

import contextlib
import os
import queue
import random
import sys
import time

import socketio

from replica import Replica, UnknownOp, Violation
from rollcall_client import RollcallClient

PING_INTERVAL_S = 2
BACKOFF_MIN_S, BACKOFF_MAX_S = 0.5, 30
FINAL_REFUSALS = ('unauthenticated', 'expired', 'unsupported-version')


class AccessEnded(Exception):
    """The server ended access for good. Keep no replica, and don't connect again with this token."""


def follow(url, token, org):
    replica, bound_s = Replica(), BACKOFF_MIN_S
    while True:
        inbox = queue.Queue()
        client = RollcallClient()
        client.on('*', lambda event, frame=None: inbox.put((event, frame)))
        client.on('connect', lambda: inbox.put(('connect', None)))
        client.on('disconnect', lambda *_: inbox.put(('disconnect', None)))
        client.on('connect_error', lambda error=None: inbox.put(('connect_error', error)))
        with contextlib.suppress(socketio.exceptions.ConnectionError):  # The inbox has the reason.
            client.connect(url, auth={'token': token, 'v': 1}, transports=['websocket'], wait=False)
        connection = Connection(client, inbox, replica, org)
        connection.serve()
        # The random wait keeps many clients from coming back at the same moment.
        bound_s = BACKOFF_MIN_S if connection.was_confirmed else min(bound_s * 2, BACKOFF_MAX_S)
        wait_ms = random.uniform(*(connection.retry_after_ms or (0, bound_s * 1000)))
        show(f'disconnected ({connection.reason}), trying again in {wait_ms:.0f} ms')
        time.sleep(wait_ms / 1000)


class Connection:
    def __init__(self, client, inbox, replica, org):
        self.client, self.inbox, self.replica, self.org = client, inbox, replica, org
        self.is_subscribed = self.was_confirmed = False
        self.reason, self.retry_after_ms = 'connection lost', None

    def serve(self):
        """Returns when the connection has ended."""
        next_ping = 0
        while True:
            if time.monotonic() >= next_ping:
                self.send('ping', {'nonce': str(next_ping)})
                next_ping = time.monotonic() + PING_INTERVAL_S
            try:
                event, frame = self.inbox.get(timeout=max(0, next_ping - time.monotonic()))
            except queue.Empty:
                if self.client.eio.state == 'connected':
                    continue
                event, frame = 'disconnect', None
            try:
                if self.take(event, frame) == 'ended':
                    return
            except (UnknownOp, Violation) as error:
                show(f'fetching a new snapshot: {error}')
                self.subscribe(None)

    def send(self, event, *args, **kwargs):
        with contextlib.suppress(socketio.exceptions.BadNamespaceError):  # Disconnected; the inbox has it.
            self.client.emit(event, *args, **kwargs)

    def subscribe(self, cursor):
        self.is_subscribed = False  # Until the acknowledgement, frames belong to the previous subscription.
        request = {'org': self.org, 'cursor': cursor} if cursor else {'org': self.org}
        self.send('subscribe', request, callback=lambda answer: self.inbox.put(('subscribed', answer)))

    def take(self, event, frame):
        if event == 'connect':
            self.subscribe(self.replica.cursor)
        elif event == 'disconnect':
            return 'ended'
        elif event == 'connect_error':
            refusal = frame.get('data') or {} if isinstance(frame, dict) else {}
            if refusal.get('code') in FINAL_REFUSALS:
                raise AccessEnded(refusal['code'])
            self.reason, self.retry_after_ms = refusal.get('code') or frame, refusal.get('retryAfterMs')
            return 'ended'
        elif event == 'goodbye':
            self.reason, self.retry_after_ms = frame['reason'], frame['retryAfterMs']
            if self.retry_after_ms is None:
                raise AccessEnded(frame['reason'])
        elif event == 'revoked':
            raise AccessEnded(frame['reason'])
        elif event == 'subscribed':
            if frame['mode'] in ('denied', 'refused'):
                raise AccessEnded(frame.get('reason', frame['mode']))
            self.replica.begin(frame)
            self.is_subscribed = True
        elif self.is_subscribed:
            self.take_data(event, frame)

    def take_data(self, event, frame):
        replica = self.replica
        if event == 'resync':
            replica.wipe()
        elif event == 'snapshot':
            replica.add_part(frame)
        elif event == 'snapshot-end':
            replica.end_snapshot(frame)
            show(f'#{replica.revision} snapshot of {len(replica.records)} records')
        elif event == 'step':
            outcome = replica.take_step(frame)
            if outcome == 'gap':
                self.subscribe(replica.cursor)
            elif outcome == 'applied':
                for change in replica.last_changes:
                    show(f'#{replica.revision} {change["op"]} {change["kind"]} {change["id"]} {change.get("record", "")}')
        elif event == 'pong':
            # Also compares count and sum with the server's.
            for entry in frame['orgs'].values():
                replica.take_pong(entry)
            self.was_confirmed = True


def show(line):
    print(line, flush=True)


if __name__ == '__main__':
    # Other users of the machine can see the arguments of a process, so the token isn't one.
    token = os.environ.get('ROLLCALL_TOKEN')
    if len(sys.argv) != 3 or not token:
        sys.exit(__doc__.strip())
    try:
        follow(sys.argv[1], token, sys.argv[2])
    except AccessEnded as ended:
        sys.exit(f'access ended: {ended}')
    except KeyboardInterrupt:
        pass
