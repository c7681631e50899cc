"""Has the emulator do the same with less of the processor: it is one process, and everything on the local stack waits for it.

`launcher.py` applies what is here.
"""

import functools
import gc
import socketserver

# How many texts of a kind are kept as they were read. The functions and the tests have some hundreds.
KEPT = 4096
# How many objects more than at the last collection start the next one. A request makes thousands, hardly any of them in a cycle.
YOUNGEST = 50_000


def apply():
    """Applies what is here."""
    gc.set_threshold(YOUNGEST)
    _serve_by_uvloop()
    _answer_in_one_piece()
    _remember_expressions()
    _remember_policies()
    _compare_beginnings()


def _serve_by_uvloop():
    """Serves with a loop that is not Python's own."""
    import uvloop

    uvloop.install()


def _answer_in_one_piece():
    """Writes an answer once: head and body are two writes otherwise, which wake the one who reads them twice, in the Runtime API too."""
    import h11
    from hypercorn.events import RawData
    from hypercorn.protocol.h11 import H11Protocol

    socketserver.StreamRequestHandler.wbufsize = -1
    send = H11Protocol._send_h11_event

    async def sent(protocol, event):
        if isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers):
            # Of a known length, so that its body is at hand.
            protocol.head = protocol.connection.send(event)
            return
        head, protocol.head = getattr(protocol, "head", None), None
        if not head:
            await send(protocol, event)
            return
        try:
            rest = protocol.connection.send(event)
        except h11.LocalProtocolError:
            if protocol.connection.their_state != h11.ERROR:
                raise
            rest = b""
        await protocol.send(RawData(data=head + (rest or b"")))

    H11Protocol._send_h11_event = sent


def _remember_expressions():
    """Reads an expression once. The emulator reads a filter again for each item of a table."""
    from ministack.services import dynamodb

    tokens = functools.lru_cache(KEPT)(lambda text, read=dynamodb._tokenize: tuple(read(text)))
    dynamodb._tokenize = lambda text: list(tokens(text))
    dynamodb._condition_syntax_error = functools.lru_cache(KEPT)(dynamodb._condition_syntax_error)


def _remember_policies():
    """Reads a policy once. The emulator reads those of a function's role at each call of the function's."""
    from ministack.core import iam_evaluator

    read = iam_evaluator.parse_policy_document
    remembered = functools.lru_cache(KEPT)(lambda document: tuple(read(document)))

    def statements(document):
        return list(remembered(document)) if isinstance(document, str) else read(document)

    iam_evaluator.parse_policy_document = statements


def _compare_beginnings():
    """Compares what a route begins with before all else. The emulator makes a pattern of every route, three times in each request."""
    from ministack.services import apigateway

    matches = apigateway._path_matches
    apigateway._path_matches = lambda route, path: path.startswith(route.partition("{")[0]) and matches(route, path)
