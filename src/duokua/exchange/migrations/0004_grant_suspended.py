"""A grant may be held back and go on later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_client_keys")]

    operations = [
        migrations.AlterField(
            model_name="grant",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "Active"),
                    ("suspended", "Suspended"),
                    ("revoked", "Revoked"),
                    ("expired", "Expired"),
                ],
                default="active",
                max_length=16,
            ),
        ),
    ]
