"""Metrics of VMs. Their values are decimals, which VCD's JSON writes as strings.

Source: metrics.xsd; legacy OpenAPI SimpleMetricType.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Resource


@wire("CurrentUsageSpec", media=media.CURRENT_USAGE_SPEC)
class CurrentUsageSpec(WireType):
    metric_patterns: list[str] = elems("MetricPattern")


@wire("SimpleMetric")
class SimpleMetric(WireType):
    name: str | None = attr("name")
    unit: str | None = attr("unit")
    value: str | None = attr("value")


@wire("CurrentUsage", media=media.CURRENT_USAGE)
class CurrentUsage(Resource):
    metrics: list[SimpleMetric] = elems("Metric")


@wire("Time", abstract=True)
class Time(WireType):
    """Base without content; only there for the order of the bases."""


@wire("AbsoluteTime")
class AbsoluteTime(Time):
    time: datetime | None = attr("time")


@wire("RelativeTime")
class RelativeTime(Time):
    interval: int | None = attr("interval")
    unit: str | None = attr("unit")


@wire("HistoricUsageSpec", media=media.HISTORIC_USAGE_SPEC)
class HistoricUsageSpec(WireType):
    absolute_start_time: AbsoluteTime | None = elem("AbsoluteStartTime")
    relative_start_time: RelativeTime | None = elem("RelativeStartTime")
    absolute_end_time: AbsoluteTime | None = elem("AbsoluteEndTime")
    relative_end_time: RelativeTime | None = elem("RelativeEndTime")
    metric_patterns: list[str] = elems("MetricPattern")


@wire("Sample")
class Sample(WireType):
    timestamp: datetime | None = attr("timestamp")
    value: str | None = attr("value")


@wire("TimeSeriesMetric")
class TimeSeriesMetric(WireType):
    name: str | None = attr("name")
    unit: str | None = attr("unit")
    expected_interval: int | None = attr("expectedInterval")
    samples: list[Sample] = elems("Sample")


@wire("HistoricUsage", media=media.HISTORIC_USAGE)
class HistoricUsage(Resource):
    metric_series: list[TimeSeriesMetric] = elems("MetricSeries")
