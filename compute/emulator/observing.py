"""What tests and operators look at or turn: the record of requests, injected faults, counters."""

import dataclasses
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """One request of a client other than the emulator's own controllers. `path` includes the query."""

    method: str
    path: str
    user_agent: str


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self, limit: int = 10_000) -> None:
        self._entries: deque[Recorded] = deque(maxlen=limit)

    def add(self, method: str, path: str, user_agent: str) -> None:
        self._entries.append(Recorded(method, path, user_agent))

    def __iter__(self) -> Iterator[Recorded]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget every request."""
        self._entries.clear()


@dataclasses.dataclass(slots=True)
class Fault:
    """One misbehaviour, met by the first `times` matching requests (None: by every one)."""

    method: str | None
    path_regex: str
    status: int | None
    reason: str
    message: str
    latency_s: float
    drop: bool
    times: int | None


class Faults:
    """Injected faults. The emulator's own controllers never meet them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        *,
        method: str | None = None,
        path_regex: str = "",
        status: int | None = None,
        reason: str = "",
        message: str = "injected fault",
        latency_s: float = 0.0,
        drop: bool = False,
        times: int | None = 1,
    ) -> Fault:
        """Make matching requests fail with a status, wait, or lose their connection before anything is done.

        `path_regex` is searched in path and query. A fault with latency only lets the request through afterwards.
        """
        re.compile(path_regex)
        fault = Fault(method, path_regex, status, reason, message, latency_s, drop, times)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault this request meets, counted down."""
        with self._lock:
            for fault in self._faults:
                if fault.method not in (None, method) or not re.search(fault.path_regex, path):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None


class Counters:
    """Requests by verb and code, for /metrics."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()

    def count(self, method: str, status: int) -> None:
        with self._lock:
            self._requests[method, status] += 1

    def text(self, gauges: dict[str, int]) -> str:
        """Prometheus' text format, the gauges by name included."""
        with self._lock:
            requests = sorted(self._requests.items())
        lines = ["# TYPE ssvirt_emulator_requests_total counter"]
        lines += [f'ssvirt_emulator_requests_total{{method="{m}",code="{c}"}} {n}' for (m, c), n in requests]
        for name, value in gauges.items():
            lines += [f"# TYPE ssvirt_emulator_{name} gauge", f"ssvirt_emulator_{name} {value}"]
        return "\n".join(lines) + "\n"
