"""A session belongs to its user's organization, in the database's eyes too."""

from django.db import migrations

from ssvirt.core.constraints import fences, tenant_key


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_predefined_roles")]
    operations = [tenant_key("orgs_user"), *fences(("orgs_session", "user_id", "orgs_user"))]
