"""What records are made of: the name of an attribute, its SQL, how it is shown.

One declaration serves the record, the filter and the sort. Everything a record shows is computed by the
statement that reads the page.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.aggregates import Aggregate
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat

from ssvirt.api.query.filters import Field, FieldKind

Row = Mapping[str, Any]
"""Values of a row by the names of their columns."""
Ref = Callable[[str, uuid.UUID], str]
"""(kind, id) -> href in records, URN in idrecords."""
Show = Callable[[Any], Any]

_OUTPUT: Final[dict[FieldKind, type[Any]]] = {
    "text": TextField,
    "number": IntegerField,
    "moment": DateTimeField,
    "flag": BooleanField,
    "reference": UUIDField,
    "address": TextField,
    "word": TextField,
}


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute of a record.

    sql: the way from the model's row to the value, or an expression. entity: of a reference, the kind of what
    it refers to, or the name of the column that holds the kind. show: from the value to what is shown.
    is_everyones: see Field. A column whose name starts with an underscore is read, but neither shown nor
    known to filters.
    """

    sql: str | Combinable
    kind: FieldKind = "text"
    entity: str = ""
    show: Show | None = None
    is_everyones: bool = False

    def expression(self) -> Combinable:
        return F(self.sql) if isinstance(self.sql, str) else self.sql

    def field(self, name: str) -> Field:
        """The column as filters see it, under its name in the statement."""
        return Field(sql_name(name), self.kind, self.is_everyones)

    def shown(self, name: str, row: Row, ref: Ref) -> Any:
        value = row[name]
        if value is None:
            return None
        if self.entity:
            kind = self.kind_in(row)
            return ref(kind, value) if kind else None
        return self.show(value) if self.show is not None else value

    def kind_in(self, row: Row) -> str | None:
        """The kind of the entity that the reference in this row refers to."""
        found: str | None = row[self.entity] if self.entity.startswith("_") else self.entity
        return found


def sql_name(name: str) -> str:
    """The column's name in the statement: no field of a model starts so, and there is no `__` in it."""
    return f"x{name}"


def constant(value: bool | int | str) -> Column:
    """An attribute that is the same in every row. Filters know it all the same."""
    kind: FieldKind = "flag" if isinstance(value, bool) else "number" if isinstance(value, int) else "text"
    return Column(Value(value, output_field=_OUTPUT[kind]()), kind)


def flag(condition: Q) -> Column:
    """An attribute that says whether the condition holds."""
    return Column(ExpressionWrapper(condition, output_field=BooleanField()), "flag")


def nothing(kind: FieldKind) -> Column:
    """An attribute that VCD has and no row of ours has a value for."""
    return Column(Value(None, output_field=_OUTPUT[kind]()), kind)


# -- expressions


def hanging(model: type[Model]) -> QuerySet[Any]:
    """Rows of a model for a subquery that is tied to a row which the tenant scope has let through."""
    return model._base_manager.all()


def derived(rows: QuerySet[Any], by: str, made: Aggregate, *, default: int | None = 0) -> Combinable:
    """An aggregate over those of `rows` whose `by` is the row's id, as a subquery: it is computed for the
    shown rows alone, where a join would be for all.
    """
    found = Subquery(
        rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(made=made).values("made")[:1]
    )
    return found if default is None else Coalesce(found, Value(default))


def words(table: Mapping[str, str], *keys: str | Combinable) -> Combinable:
    """The word that the table has for the keys, joined by spaces: states in SQL by the Python function that
    made the table.
    """
    texts = [Coalesce(Cast(key, TextField()), Value(""), output_field=TextField()) for key in keys]
    spaced: list[Combinable] = []
    for text in texts:
        spaced += [text, Value(" ")]
    key = Concat(*spaced[:-1], output_field=TextField()) if len(texts) > 1 else texts[0]
    return Func(
        Cast(Value(json.dumps(dict(table)), output_field=CharField()), JSONField()),
        key,
        template="(%(expressions)s)",
        arg_joiner=" ->> ",
        output_field=TextField(),
    )


def host(address: str | Combinable) -> Combinable:
    """An address as text, without its prefix length."""
    return Func(address, function="host", output_field=TextField())


def netmask(address: str, prefix_length: str) -> Combinable:
    """The netmask of an address' subnet, as text."""
    subnet = Func(address, prefix_length, function="set_masklen", output_field=TextField())
    return host(Func(subnet, function="netmask", output_field=TextField()))
