"""The database's own fence around independent disks, snapshots, tags, affinity rules and console tickets."""

from django.db import migrations

from ssvirt.core.constraints import fences, tenant_key


class Migration(migrations.Migration):
    dependencies = [("vapps", "0004_whole_tenant_api"), ("vdcs", "0004_fences")]
    operations = [
        migrations.RunSQL("UPDATE vapps_disk SET unit_number = position", migrations.RunSQL.noop),
        tenant_key("vapps_nameddisk"),
        tenant_key("vapps_affinityrule"),
        *fences(
            ("vapps_nameddisk", "vdc_id", "vdcs_vdc"),
            ("vapps_nameddisk", "storage_policy_id", "vdcs_vdcstoragepolicy"),
            ("vapps_disk", "named_id", "vapps_nameddisk"),
            ("vapps_snapshot", "vm_id", "vapps_vm"),
            ("vapps_securitytag", "vm_id", "vapps_vm"),
            ("vapps_affinityrule", "vdc_id", "vdcs_vdc"),
            ("vapps_affinityrulevm", "rule_id", "vapps_affinityrule"),
            ("vapps_affinityrulevm", "vm_id", "vapps_vm"),
            ("vapps_consoleticket", "vm_id", "vapps_vm"),
        ),
    ]
