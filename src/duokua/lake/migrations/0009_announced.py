from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lake', '0008_erasure'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='announced',
            field=models.BigIntegerField(null=True),
        ),
    ]
