"""What the calls of a job gave: for jobs run by the clients' own Python, from beside this file."""

from collections.abc import Callable
from typing import Any


class Seen(dict[str, Any]):
    """What calls gave, by name. An exception is a result like others, so that the job goes on."""

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        """Calls, remembers the result as JSON can hold it, and gives it as it is."""
        try:
            result = call()
        except Exception as error:
            self[name] = f"{type(error).__name__}: {error}"
            return None
        self[name] = _plain(result)
        return result


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)
