"""
Follows one organization over Socket.IO, written from docs/protocol.md alone, and checks everything it is sent.

    subscribe.py URL TOKEN ORG [--collections members,teams]

Each event is one line of JSON on stdout. Lines on stdin: `ping`; `drop` cuts the transport and comes back with the
cursor; `leave` cuts it and stays away until `return`; `dump` prints the copy; `quit`. Ends with 1, its last line the
reason, when the server breaks the protocol.
"""

import argparse
import json
import os
import queue
import random
import socket
import sys
import threading
import time

import socketio

sys.path.append(os.path.join(os.path.dirname(__file__), '../../../examples/python'))
from replica import Replica, UnknownOp, Violation, demand  # noqa: E402
from rollcall_client import RollcallClient  # noqa: E402

CLOSE_MS = 1000
# The server's bound is one second; the rest is for the way here and a busy machine.
CLOSE_TOLERANCE_MS = 250
BACKOFF_FIRST_S = 0.1
BACKOFF_LIMIT_S = 5
FINAL_REFUSALS = ('unauthenticated', 'expired', 'unsupported-version')


class Link(RollcallClient):
    """One connection. All that arrives on it goes into the inbox as (link, event, payload)."""

    def __init__(self, inbox):
        super().__init__(handle_sigint=False)
        self.refusal = None
        self.on('*', lambda event, *args: inbox.put((self, event, args[0] if args else None)))
        self.on('disconnect', lambda *_: inbox.put((self, 'closed', None)))
        self.on('connect_error', self._refused)

    def _refused(self, error=None):
        # A refusal by the server has data. An unreachable server is reported as a text.
        self.refusal = error.get('data') if isinstance(error, dict) else None

    def cut(self):
        """Ends the TCP connection without a word of WebSocket or Socket.IO."""
        try:
            self.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass  # It is gone already.


class Subscriber:
    def __init__(self, options):
        self.options = options
        self.inbox = queue.Queue()
        self.replica = Replica()
        self.org_id = None
        self.link = None
        self.subscribed = False
        self.over = False
        self.is_away = False
        self.close_expected_at = None
        self.retry_range = None
        self.pings = 0
        self.unanswered = set()
        threading.Thread(target=self._read_commands, daemon=True).start()

    def run(self):
        self._connect()
        while True:
            try:
                link, event, payload = self.inbox.get(timeout=0.1)
            except queue.Empty:
                self._check_link()
                continue
            if event == 'command':
                if payload == 'quit':
                    return
                self._obey(payload)
            elif link is self.link:
                self._receive(event, payload)

    def _read_commands(self):
        for line in sys.stdin:
            self.inbox.put((None, 'command', line.strip()))
        self.inbox.put((None, 'command', 'quit'))

    def _obey(self, command):
        if command == 'ping':
            self.pings += 1
            self.unanswered.add(str(self.pings))
            if self._is_up():
                self.link.emit('ping', {'nonce': str(self.pings)})
        elif command in ('drop', 'leave'):
            self.is_away = command == 'leave'
            if self._is_up():
                self.link.cut()
        elif command == 'return':
            self.is_away = False
            if self.link is None and not self.over:
                self._connect()
        elif command == 'dump':
            report('dump', **self.replica.as_listed())
        else:
            raise SystemExit(f'{command!r} is no command')

    # The connection

    def _connect(self):
        """Tries until it is connected or the refusal is final, with a random wait that grows (full jitter)."""
        for attempt in range(1_000_000):
            self.link = Link(self.inbox)
            try:
                self.link.connect(self.options.url, auth={'token': self.options.token, 'v': 1}, transports=['websocket'], wait_timeout=10)
            except socketio.exceptions.ConnectionError:
                refusal = self.link.refusal or {}
                report('refused', code=refusal.get('code'))
                if refusal.get('code') in FINAL_REFUSALS:
                    self._end()
                    return
                time.sleep(self._pick_delay_s(attempt, refusal.get('retryAfterMs')))
                continue
            report('connected')
            self.unanswered.clear()
            self._subscribe(self.replica.cursor)
            return

    def _pick_delay_s(self, attempt, given_range):
        if given_range:
            return random.uniform(*given_range) / 1000
        return random.uniform(0, min(BACKOFF_LIMIT_S, BACKOFF_FIRST_S * 2**attempt))

    def _is_up(self):
        return self.link is not None and self.link.eio.state == 'connected'

    def _check_link(self):
        if self.close_expected_at is not None:
            late_ms = (time.monotonic() - self.close_expected_at) * 1000
            demand(late_ms < CLOSE_TOLERANCE_MS, f'the transport is open {CLOSE_MS + late_ms:.0f} ms after the last frame')
        # A connection that ends while it is made reports no end.
        if self.link and not self._is_up() and not self.over:
            self._receive('closed', None)

    def _expect_close(self):
        self.close_expected_at = time.monotonic() + CLOSE_MS / 1000

    def _closed(self):
        given_range, self.retry_range = self.retry_range, None
        self.close_expected_at = None
        self.subscribed = False
        report('closed', final=self.over)
        self.link = None
        if self.over or self.is_away:
            return
        time.sleep(self._pick_delay_s(0, given_range))
        self._connect()

    def _end(self):
        """Nothing follows by this credential any more: nothing is kept either."""
        self.replica.wipe()
        self.subscribed = False
        self.over = True

    # The subscription

    def _subscribe(self, cursor):
        self.subscribed = False
        request = {'org': self.options.org}
        if self.options.collections:
            request['collections'] = self.options.collections.split(',')
        if cursor is not None:
            request['cursor'] = cursor
        link = self.link
        try:
            link.emit('subscribe', request, callback=lambda answer: self.inbox.put((link, 'answer', answer)))
        except socketio.exceptions.BadNamespaceError:
            pass  # Closed meanwhile, which the inbox will tell.

    def _answered(self, answer):
        report('subscribed', mode=answer['mode'], revision=answer.get('revision'), own=self.replica.revision)
        if answer['mode'] == 'denied':
            demand(set(answer) == {'mode'}, 'a denial says more than that it is one')
            self._end()
            return
        self.org_id = answer['org']
        self.replica.begin(answer)
        self.subscribed = True

    def _start_over(self, why, cursor=None):
        report('start-over', reason=why, own=self.replica.revision)
        self._subscribe(cursor)

    # The frames

    def _receive(self, event, payload):
        if event == 'closed':
            self._closed()
        elif event == 'answer':
            self._answered(payload)
        elif event == 'goodbye':
            self._take_goodbye(payload)
        elif event == 'pong':
            self._take_pong(payload)
        elif event in ('snapshot', 'snapshot-end', 'step', 'revoked', 'resync'):
            self._take_frame(event, payload)
        else:
            report('ignored', name=event)

    def _take_frame(self, event, frame):
        demand(not self.over, f'a {event} came after the end')
        if not self.subscribed:
            # Frames of the subscription that this one replaces may still be on their way. A first
            # subscription replaces none.
            demand(self.org_id is not None, f'a {event} came before the acknowledgement')
            return
        demand(frame['org'] == self.org_id, f'a {event} of {frame["org"]} came, not of {self.org_id}')
        try:
            getattr(self, '_take_' + event.replace('-', '_'))(frame)
        except UnknownOp as error:
            self._start_over(f'unknown op {error}')

    def _take_snapshot(self, frame):
        self.replica.add_part(frame)
        report('snapshot', part=frame['part'], parts=frame['parts'], records=len(frame['records']))

    def _take_snapshot_end(self, frame):
        self.replica.end_snapshot(frame)
        report('snapshot-end', revision=frame['revision'], count=frame['count'], sum=frame['sum'], changes=len(frame.get('changes', [])))

    def _take_step(self, frame):
        outcome = self.replica.take_step(frame)
        about = {key: frame[key] for key in ('from', 'to', 'view', 'more') if key in frame}
        report('step', outcome=outcome, changes=len(frame['changes']), **about)
        if outcome == 'gap':
            self._start_over('gap', self.replica.cursor)

    def _take_revoked(self, frame):
        report('revoked', reason=frame['reason'], revision=frame['revision'])
        self._end()
        self._expect_close()

    def _take_resync(self, frame):
        report('resync', reason=frame['reason'])
        self.replica.wipe()

    def _take_goodbye(self, frame):
        report('goodbye', reason=frame['reason'], retryAfterMs=frame['retryAfterMs'])
        self.retry_range = frame['retryAfterMs']
        if self.retry_range is None:
            self._end()
        self._expect_close()

    def _take_pong(self, frame):
        demand(frame['nonce'] in self.unanswered, f'a pong came for {frame["nonce"]!r}, which was never sent or is answered')
        # A pong without the position is followed by another one, once the step was sent.
        if self.org_id in frame['orgs']:
            self.unanswered.remove(frame['nonce'])
        entry = frame['orgs'].get(self.org_id) if self.subscribed else None
        outcome = self.replica.take_pong(entry) if entry else 'absent'
        report('pong', nonce=frame['nonce'], outcome=outcome, own=self.replica.revision, **(entry or {}))


def report(event, **about):
    print(json.dumps({'event': event, **about}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('url')
    parser.add_argument('token')
    parser.add_argument('org', help='slug or id')
    parser.add_argument('--collections', help='comma-separated; all that the token may see when absent')
    try:
        Subscriber(parser.parse_args()).run()
    except (Violation, KeyError, TypeError) as error:
        # A field that is missing or of another type breaks the protocol as well.
        report('violation', reason=str(error) if isinstance(error, Violation) else repr(error))
        sys.exit(1)


if __name__ == '__main__':
    main()
