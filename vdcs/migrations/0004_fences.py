"""The database's own fence around policies and edge gateways."""

from django.db import migrations

from ssvirt.core.constraints import fences, tenant_key


class Migration(migrations.Migration):
    dependencies = [("vdcs", "0003_policies_edges_vapp_networks")]
    operations = [
        tenant_key("vdcs_edgegateway"),
        *fences(
            ("vdcs_vdccomputepolicy", "vdc_id", "vdcs_vdc"),
            ("vdcs_edgegateway", "vdc_id", "vdcs_vdc"),
            ("vdcs_network", "edge_gateway_id", "vdcs_edgegateway"),
        ),
    ]
