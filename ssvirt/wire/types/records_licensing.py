"""Query records of licensing reports.

Every field is an attribute. Source: internalQueryRecordView.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire.schema import attr, wire
from ssvirt.wire.types.query import QueryResultRecord


@wire("LicensingReportRecord", type="QueryResultLicensingReportRecordType")
class LicensingReportRecord(QueryResultRecord):
    report_id: str | None = attr("reportId")
    start_date: datetime | None = attr("startDate")
    end_date: datetime | None = attr("endDate")


@wire("LicensingReportSampleRecord", type="QueryResultLicensingReportSampleRecordType")
class LicensingReportSampleRecord(QueryResultRecord):
    parent_report_id: str | None = attr("parentReportId")
    sample_id: str | None = attr("sampleId")
    observation_date: datetime | None = attr("observationDate")
    allocated_virtual_memory: int | None = attr("allocatedVirtualMemory")
    physical_memory_used: int | None = attr("physicalMemoryUsed")
    total_physical_memory: int | None = attr("totalPhysicalMemory")
    physical_socket_count: int | None = attr("physicalSocketCount")
    virtual_processor_count: int | None = attr("virtualProcessorCount")
    vm_count: int | None = attr("vmCount")
    subscribing_to_remote_sites: bool | None = attr("subscribingToRemoteSites")
    publishing_to_remote_sites: bool | None = attr("publishingToRemoteSites")


@wire("LicensingManagedServerRecord", type="QueryResultLicensingManagedServerRecordType")
class LicensingManagedServerRecord(QueryResultRecord):
    parent_sample_id: str | None = attr("parentSampleId")
    virtual_center_id: str | None = attr("virtualCenterId")
    managed_object_reference: str | None = attr("managedObjectReference")
    memory_used: int | None = attr("memoryUsed")
    memory_installed: int | None = attr("memoryInstalled")
    socket_count: int | None = attr("socketCount")
    name: str | None = attr("name")
    observation_date: datetime | None = attr("observationDate")


@wire("LicensingVirtualMachineRecord", type="QueryResultLicensingVirtualMachineRecordType")
class LicensingVirtualMachineRecord(QueryResultRecord):
    parent_sample_id: str | None = attr("parentSampleId")
    virtual_center_id: str | None = attr("virtualCenterId")
    managed_object_reference: str | None = attr("managedObjectReference")
    observation_date: datetime | None = attr("observationDate")
    memory: int | None = attr("memory")
    virtual_cpu_count: int | None = attr("virtualCpuCount")
