"""Operations: what each VCD operation does, step by step, and how the engine finds it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from tasks.models import Task


@dataclass(frozen=True, slots=True)
class Wait:
    """A step's answer "look again": after `seconds` at the latest, sooner when the task is woken."""

    seconds: float = 10.0
    progress: int | None = None


@dataclass(slots=True)
class Run:
    """What a step may use: the task, its notes (saved after the step), and a way to keep the lease.

    `heartbeat` renews the lease and raises `LeaseLost` when another worker took the task over; steps that
    write many objects call it between them. `save_notes` writes the notes at once: in the transaction that
    writes rows, it makes sure that they are written once only, whatever happens after it.
    """

    task: Task
    heartbeat: Callable[[], None]
    notes: dict[str, Any] = field(default_factory=dict)
    save: Callable[..., None] | None = None

    def save_notes(self) -> None:
        """Raises LeaseLost."""
        if self.save is not None:
            self.save(notes=self.notes)

    @property
    def args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.task.args
        return args


Outcome = Wait | None
"""What a step returns: None when it is done, `Wait` when it must be asked again. It raises to fail."""


class Operation:
    """One VCD operation. Subclasses name their steps and have a method of each name: `(run) -> Outcome`.

    A step does one bounded thing and may be repeated after a crash: `ensure_*` steps write the cluster,
    `*_ready` steps read only observed columns. `undo_steps` run, in order, when the operation failed or was
    cancelled. `succeeded` and `failed` run in the transaction that ends the task and touch the database only.

    From the first of the `final_steps` on there is no way back, since they remove what undoing would need: the
    task cannot be cancelled, and a final step that fails is left out. The task then ends as an error, but by
    `succeeded`, which finds `task.error` set.
    """

    name: ClassVar[str]
    steps: ClassVar[tuple[str, ...]]
    undo_steps: ClassVar[tuple[str, ...]] = ()
    final_steps: ClassVar[tuple[str, ...]] = ()
    deadline: ClassVar[timedelta] = timedelta(hours=24)

    def plan(self, args: dict[str, Any]) -> list[str]:
        """The steps for `args`; all of them unless an operation leaves some out."""
        return list(self.steps)

    def may_cancel(self, task: Task) -> bool:
        """Whether a user's cancel is still heeded."""
        return not self.is_final(task)

    def is_final(self, task: Task) -> bool:
        """Whether the task is at one of its final steps, or past it."""
        return not task.is_undoing and bool({*self.final_steps} & {*task.steps[: task.step + 1]})

    def succeeded(self, task: Task) -> None:
        """Writes the outcome of success."""

    def failed(self, task: Task) -> None:
        """Writes the outcome of failure or cancellation; `task.error` says why."""

    def step(self, name: str) -> Callable[[Run], Outcome]:
        """The method of that name. Raises LookupError for a name this release does not know."""
        method = getattr(self, name, None)
        if not callable(method):
            raise LookupError(f"operation {self.name} has no step {name}")
        return method  # type: ignore[no-any-return]


_operations: dict[str, Operation] = {}
_Class = TypeVar("_Class", bound=type[Operation])


def register(cls: _Class) -> _Class:
    """Class decorator: makes the operation known under its `name`."""
    if cls.name in _operations and type(_operations[cls.name]) is not cls:
        raise ValueError(f"operation {cls.name} is registered twice")
    _operations[cls.name] = cls()
    return cls


def operation(name: str) -> Operation:
    """The registered operation. Raises LookupError."""
    try:
        return _operations[name]
    except KeyError:
        raise LookupError(f"no operation is registered as {name}") from None


def operations() -> list[Operation]:
    """All registered operations, by name."""
    return [_operations[name] for name in sorted(_operations)]
