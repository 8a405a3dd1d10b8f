"""One watch connection as an iterator of events."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import urllib3

from compute.cluster.errors import error_of_event
from ssvirt.core.errors import ClusterUnavailable

_CHUNK_BYTES = 64 * 1024


class WatchStream(Iterator[tuple[str, dict[str, Any]]]):
    """Events (`type`, object) of one watch, bookmarks included, until the server ends it, nothing has come
    for the read time-out, or `close` is called (from any thread). Each of these ends the iteration without an
    error.

    Raises ClusterGone when the server has forgotten the resource version, ClusterUnavailable when the
    connection breaks; the watch is resumed from the last resource version seen.
    """

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response
        self._lines = self._read_lines()
        self._is_closed = False

    def __iter__(self) -> "WatchStream":
        return self

    def __next__(self) -> tuple[str, dict[str, Any]]:
        for line in self._lines:
            try:
                event = json.loads(line)
                kind, obj = event["type"], event["object"]
            except (ValueError, KeyError, TypeError) as error:
                self.close()
                raise ClusterUnavailable("the watch sent what is no event", reason="BadEvent") from error
            if kind == "ERROR":
                self.close()
                raise error_of_event(obj)
            return kind, obj
        self.close()
        raise StopIteration

    def close(self) -> None:
        """End the watch, also while another thread waits in it."""
        if self._is_closed:
            return
        self._is_closed = True
        # Only shutdown wakes a thread that reads; it refuses where the connection is gone already.
        with contextlib.suppress(ValueError, RuntimeError, OSError):
            self._response.shutdown()

    def _read_lines(self) -> Iterator[bytes]:
        rest = b""
        try:
            while not self._is_closed:
                chunk = self._response.read1(_CHUNK_BYTES)
                if not chunk:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line for line in lines if line.strip())
            if rest.strip() and not self._is_closed:
                yield rest
        except urllib3.exceptions.ReadTimeoutError:
            return
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            if not self._is_closed:
                raise ClusterUnavailable(f"the watch broke off: {type(error).__name__}") from error
        finally:
            self._is_closed = True
            with contextlib.suppress(Exception):
                self._response.close()
