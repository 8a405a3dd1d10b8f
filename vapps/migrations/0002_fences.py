"""The database's own fence: rows reference rows of the same organization only. And the pool of MAC addresses."""

from django.db import migrations

from ssvirt.core.constraints import fences, tenant_key


class Migration(migrations.Migration):
    dependencies = [("vapps", "0001_initial"), ("vdcs", "0002_fences")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE vapps_mac_seq MAXVALUE 4194303 CYCLE", "DROP SEQUENCE vapps_mac_seq"
        ),
        tenant_key("vapps_vapp"),
        tenant_key("vapps_vm"),
        tenant_key("vapps_vappnetwork"),
        *fences(
            ("vapps_vapp", "vdc_id", "vdcs_vdc"),
            ("vapps_vappnetwork", "vapp_id", "vapps_vapp"),
            ("vapps_vappnetwork", "parent_id", "vdcs_network"),
            ("vapps_vm", "vapp_id", "vapps_vapp"),
            ("vapps_vm", "vdc_id", "vdcs_vdc"),
            ("vapps_vm", "storage_policy_id", "vdcs_vdcstoragepolicy"),
            ("vapps_disk", "vm_id", "vapps_vm"),
            ("vapps_disk", "storage_policy_id", "vdcs_vdcstoragepolicy"),
            ("vapps_nic", "vm_id", "vapps_vm"),
            ("vapps_nic", "vapp_network_id", "vapps_vappnetwork"),
        ),
    ]
