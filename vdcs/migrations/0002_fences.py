"""The database's own fence: rows reference rows of the same organization only."""

from django.db import migrations

from ssvirt.core.constraints import fences, tenant_key


class Migration(migrations.Migration):
    dependencies = [("vdcs", "0001_initial")]
    operations = [
        tenant_key("vdcs_vdc"),
        tenant_key("vdcs_network"),
        tenant_key("vdcs_vdcstoragepolicy"),
        *fences(
            ("vdcs_vdcstoragepolicy", "vdc_id", "vdcs_vdc"),
            ("vdcs_network", "vdc_id", "vdcs_vdc"),
            ("vdcs_iprange", "network_id", "vdcs_network"),
            ("vdcs_ipallocation", "network_id", "vdcs_network"),
        ),
    ]
