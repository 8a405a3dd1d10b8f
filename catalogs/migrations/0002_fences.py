"""The database's own fence: rows reference rows of the same organization only."""

from django.db import migrations

from ssvirt.core.constraints import fences, tenant_key


class Migration(migrations.Migration):
    dependencies = [("catalogs", "0001_initial")]
    operations = [
        tenant_key("catalogs_catalog"),
        tenant_key("catalogs_catalogitem"),
        tenant_key("catalogs_vapptemplate"),
        tenant_key("catalogs_templatevm"),
        *fences(
            ("catalogs_catalogitem", "catalog_id", "catalogs_catalog"),
            ("catalogs_vapptemplate", "item_id", "catalogs_catalogitem"),
            ("catalogs_media", "item_id", "catalogs_catalogitem"),
            ("catalogs_templatevm", "template_id", "catalogs_vapptemplate"),
            ("catalogs_templatedisk", "vm_id", "catalogs_templatevm"),
            ("catalogs_templatenic", "vm_id", "catalogs_templatevm"),
        ),
    ]
