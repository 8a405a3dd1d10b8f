"""The compute policy that every VDC has, and what earlier VDCs lack."""

from typing import Any

from django.db import migrations

NAME = "System Default"


def forwards(apps: Any, schema_editor: Any) -> None:
    ComputePolicy = apps.get_model("vdcs", "ComputePolicy")
    VdcComputePolicy = apps.get_model("vdcs", "VdcComputePolicy")
    EdgeGateway = apps.get_model("vdcs", "EdgeGateway")
    Network = apps.get_model("vdcs", "Network")
    policy, _ = ComputePolicy._base_manager.get_or_create(
        name=NAME, provider_vdc=None, defaults={"description": "Sets nothing"}
    )
    for vdc in apps.get_model("vdcs", "Vdc")._base_manager.all():
        VdcComputePolicy._base_manager.create(org_id=vdc.org_id, vdc=vdc, policy=policy, is_default=True)
        edge = EdgeGateway._base_manager.create(org_id=vdc.org_id, vdc=vdc, name=f"{vdc.name}-edge"[:128])
        Network._base_manager.filter(vdc=vdc, kind="natRouted").update(edge_gateway=edge)


class Migration(migrations.Migration):
    dependencies = [("vdcs", "0004_fences")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
