"""Bases of all resources: references, links, tasks, errors, files.

Source: common.xsd, entity.xsd, resourceEntity.xsd, task.xsd, tasksList.xsd, file.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, wire


@wire("VCloudExtension")
class VCloudExtension(WireType):
    """Content of other namespaces; only the flag is kept."""

    required: bool | None = attr("required")


@wire("VCloudExtensible", abstract=True)
class VCloudExtensible(WireType):
    vcloud_extensions: list[VCloudExtension] = elems("VCloudExtension")


@wire("Reference")
class Reference(VCloudExtensible):
    href: str | None = attr("href")
    id: str | None = attr("id")
    type: str | None = attr("type")
    name: str | None = attr("name")


@wire("Link")
class Link(Reference):
    rel: str | None = attr("rel")
    model: str | None = attr("model")


@wire("ResourceReference")
class ResourceReference(Reference):
    status: int | None = attr("status")


@wire("Resource")
class Resource(VCloudExtensible):
    href: str | None = attr("href")
    type: str | None = attr("type")
    links: list[Link] = elems("Link")


@wire("IdentifiableResource")
class IdentifiableResource(Resource):
    id: str | None = attr("id")
    operation_key: str | None = attr("operationKey")


@wire("Entity", media=media.ENTITY)
class Entity(IdentifiableResource):
    name: str | None = attr("name")
    description: str | None = elem("Description")
    tasks: TasksInProgress | None = elem("Tasks")


@wire("Params")
class Params(VCloudExtensible):
    name: str | None = attr("name")
    description: str | None = elem("Description")


@wire("ResourceEntity")
class ResourceEntity(Entity):
    status: int | None = attr("status")
    files: FilesList | None = elem("Files")


@wire("Container")
class Container(Resource):
    name: str | None = attr("name")
    page: int | None = attr("page")
    page_size: int | None = attr("pageSize")
    total: int | None = attr("total")


@wire("Owner", media=media.OWNER)
class Owner(Resource):
    user: Reference | None = elem("User")


@wire("TenantError")
class TenantError(VCloudExtensible):
    message: str | None = attr("message")
    major_error_code: int | None = attr("majorErrorCode")
    minor_error_code: str | None = attr("minorErrorCode")
    vendor_specific_error_code: str | None = attr("vendorSpecificErrorCode")


@wire("Error", media=media.ERROR)
class Error(VCloudExtensible):
    message: str | None = attr("message")
    major_error_code: int | None = attr("majorErrorCode")
    minor_error_code: str | None = attr("minorErrorCode")
    vendor_specific_error_code: str | None = attr("vendorSpecificErrorCode")
    stack_trace: str | None = attr("stackTrace")
    tenant_error: TenantError | None = elem("TenantError")


@wire("VcTask")
class VcTask(WireType):
    name: str | None = elem("Name")
    mo_ref: str | None = elem("MoRef", json="moref")
    status: str | None = elem("Status")
    description: str | None = elem("Description")
    error_message: str | None = elem("ErrorMessage")
    object_name: str | None = elem("ObjectName")
    object_type: str | None = elem("ObjectType")
    object_moref: str | None = elem("ObjectMoref")
    virtual_center_id: str | None = elem("VirtualCenterID")
    start_time: datetime | None = elem("StartTime")
    end_time: datetime | None = elem("EndTime")


@wire("VcTaskList")
class VcTaskList(VCloudExtensible):
    vc_tasks: list[VcTask] = elems("VcTask")


@wire("TaskStep")
class TaskStep(WireType):
    start_time: datetime | None = attr("startTime")
    end_time: datetime | None = attr("endTime")
    name: str | None = elem("Name")
    progress: int | None = elem("Progress")


@wire("TaskStepList")
class TaskStepList(VCloudExtensible):
    task_steps: list[TaskStep] = elems("TaskStep")


@wire("Result")
class TaskResult(WireType):
    result_content: str | None = elem("ResultContent")
    result_reference: Reference | None = elem("ResultReference")


@wire("Task", media=media.TASK)
class Task(Entity):
    status: str | None = attr("status")
    operation: str | None = attr("operation")
    operation_name: str | None = attr("operationName")
    service_namespace: str | None = attr("serviceNamespace")
    start_time: datetime | None = attr("startTime")
    end_time: datetime | None = attr("endTime")
    expiry_time: datetime | None = attr("expiryTime")
    cancel_requested: bool | None = attr("cancelRequested")
    owner: Reference | None = elem("Owner")
    error: Error | None = elem("Error")
    user: Reference | None = elem("User")
    organization: Reference | None = elem("Organization")
    progress: int | None = elem("Progress")
    params: str | None = elem("Params")
    details: str | None = elem("Details")
    vc_task_list: VcTaskList | None = elem("VcTaskList")
    task_steps: TaskStepList | None = elem("TaskSteps", since="37.0")
    result: TaskResult | None = elem("Result")


@wire("TasksInProgress")
class TasksInProgress(VCloudExtensible):
    tasks: list[Task] = elems("Task")


@wire("TasksList", media=media.TASKS_LIST)
class TasksList(Entity):
    # Not `tasks`: that is the element Tasks, which every entity has.
    task_list: list[Task] = elems("Task")


@wire("File")
class File(Entity):
    size: int | None = attr("size")
    bytes_transferred: int | None = attr("bytesTransferred")
    checksum: str | None = attr("checksum")


@wire("FilesList")
class FilesList(VCloudExtensible):
    files: list[File] = elems("File")
