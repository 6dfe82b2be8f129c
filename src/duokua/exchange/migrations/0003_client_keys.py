"""A program's one secret becomes the first of its keys; its tokens stay valid."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def to_keys(apps: Any, schema_editor: Any) -> None:
    """Make the secret of every client its key k1."""
    client_key = apps.get_model("exchange", "ClientKey")
    for client in apps.get_model("exchange", "Client").objects.iterator():
        client_key.objects.create(
            client=client,
            number=1,
            label="初始密钥 first key",
            secret_hash=client.secret_hash,
            created_at=client.created_at,
            created_by="migration",
        )


def to_secrets(apps: Any, schema_editor: Any) -> None:
    """Give every client its newest key that counts; one without any can be used by nobody."""
    for client in apps.get_model("exchange", "Client").objects.iterator():
        newest = client.keys.filter(revoked_at=None).order_by("-number").first()
        client.secret_hash = newest.secret_hash if newest else ""
        client.save(update_fields=["secret_hash"])


class Migration(migrations.Migration):
    dependencies = [("exchange", "0002_grant_expired")]

    operations = [
        migrations.CreateModel(
            name="ClientKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("label", models.CharField(max_length=80)),
                ("secret_hash", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=64)),
                ("until", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.CharField(blank=True, max_length=64)),
                ("revoked_reason", models.CharField(blank=True, max_length=500)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="exchange.client",
                    ),
                ),
            ],
            options={"ordering": ["client", "number"]},
        ),
        migrations.AddConstraint(
            model_name="clientkey",
            constraint=models.UniqueConstraint(
                fields=("client", "number"), name="one_key_of_a_number"
            ),
        ),
        migrations.AlterField(
            model_name="client",
            name="secret_hash",
            field=models.CharField(max_length=64, default=""),
        ),
        migrations.RunPython(to_keys, to_secrets),
        migrations.RemoveField(model_name="client", name="secret_hash"),
    ]
