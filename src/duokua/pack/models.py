"""Which packs are installed, and whose signatures are trusted."""

from __future__ import annotations

from django.db import models

from duokua.pack.states import PackState


class Installation(models.Model):
    """A pack as it is installed here, with the files it was installed from."""

    pack = models.CharField(max_length=64, primary_key=True)
    version = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    domain = models.CharField(max_length=32, blank=True)  # one of the five domains (五大领域)
    owner = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    demo = models.BooleanField(default=False)  # its samples are made-up data (演示数据)
    state = models.CharField(max_length=16, choices=PackState.choices)
    origin = models.CharField(max_length=16)  # folder | bundle
    signed_by = models.CharField(max_length=16, blank=True)  # id of the trusted key
    client = models.CharField(max_length=64)  # its program
    serial = models.PositiveIntegerField(
        default=1
    )  # of its programs: a removed one is shut for good
    files = models.JSONField()  # path → text
    drafted = models.JSONField(default=dict)  # table → request that was drafted in the store
    installed_at = models.DateTimeField(null=True)
    installed_by = models.CharField(max_length=64)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pack} {self.version}"


class TrustedKey(models.Model):
    """A key whose signature on a pack is trusted (可信签名)."""

    id = models.CharField(max_length=16, primary_key=True)
    public = models.BinaryField()
    title = models.CharField(max_length=120)
    since = models.DateTimeField()
    by = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.id
