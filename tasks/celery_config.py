"""Celery's settings: a thread pool, early acknowledgement, no results. The Task row does the rest."""

from django.conf import settings

broker_url = settings.REDIS_URL
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_transport_options = {
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
task_default_queue = "ssvirt"
task_ignore_result = True
task_acks_late = False
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
worker_send_task_events = False
worker_enable_remote_control = False
task_publish_retry = False
timezone = "UTC"
