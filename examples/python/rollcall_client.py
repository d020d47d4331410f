import engineio
import socketio


class OrderedEngine(engineio.Client):
    """Handles one message after the other. The base class starts a thread per message, and threads overtake each other."""

    def start_background_task(self, target, *args, **kwargs):
        if target == self.handlers.get('message'):
            return target(*args, **kwargs)
        return super().start_background_task(target, *args, **kwargs)


class RollcallClient(socketio.Client):
    def __init__(self, **options):
        # websocket-client sends an Origin header as if it were a page. The server refuses pages of
        # other origins.
        super().__init__(reconnection=False, websocket_extra_options={'suppress_origin': True}, **options)

    def _engineio_client_class(self):
        return OrderedEngine
