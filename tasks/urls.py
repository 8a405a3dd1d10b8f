"""URLs of tasks."""

from ssvirt.api.routes import routes
from tasks import legacy

urlpatterns = [
    *routes("api/task/<id:task_id>", legacy.TaskView, "task"),
    *routes("api/task/<id:task_id>/action/cancel", legacy.TaskCancelView),
]
