"""Access is granted to users of the entity's own organization, in the database's eyes too."""

from django.db import migrations

from ssvirt.core.constraints import fences


class Migration(migrations.Migration):
    dependencies = [("orgs", "0005_metadata_access_leases")]
    operations = [*fences(("orgs_accessgrant", "user_id", "orgs_user"))]
