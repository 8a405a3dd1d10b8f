"""Rights, the predefined roles, and the provider's organization."""

from django.db import migrations

from orgs.models import PROVIDER_ORG, SYSTEM_ADMINISTRATOR
from orgs.rights import ALL_RIGHTS, PREDEFINED_ROLES


def create(apps, schema_editor):
    Right, Role, Org = (apps.get_model("orgs", name) for name in ("Right", "Role", "Org"))
    rights = {name: Right._base_manager.create(name=name) for name in sorted(ALL_RIGHTS)}
    for name, held in PREDEFINED_ROLES.items():
        role = Role._base_manager.create(name=name, is_read_only=True)
        role.rights.set([rights[right] for right in held])
    administrator = Role._base_manager.create(name=SYSTEM_ADMINISTRATOR, is_read_only=True, is_provider_only=True)
    administrator.rights.set(rights.values())
    Org._base_manager.create(name=PROVIDER_ORG, full_name="Provider", is_provider=True)


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
