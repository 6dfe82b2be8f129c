"""Rule sets of packs, their runs, and what they found."""

from __future__ import annotations

from django.db import models

from duokua.loop.states.finding import FindingKind, FindingState


class Ruleset(models.Model):
    """A version of a pack as the loop runs it; old versions stay, to recompute old findings."""

    id = models.BigAutoField(primary_key=True)
    pack = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    files = models.JSONField()  # path → text; read by lang.scenario
    client = models.CharField(max_length=64, blank=True)  # the program under whose grants it reads
    owner = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    # SHA-256 of the Python that a trusted signature stands for; empty: none of it runs.
    code = models.CharField(max_length=64, blank=True, default="", db_index=True)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "version"], name="one_of_each_version"),
            models.UniqueConstraint(
                fields=["pack"], condition=models.Q(active=True), name="one_active_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack} {self.version}"


class Cursor(models.Model):
    """Up to where the rules of a pack have read a table."""

    pack = models.CharField(max_length=64)
    table = models.CharField(max_length=64)
    data_version = models.BigIntegerField(default=-1)
    read_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True)  # of the data

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "table"], name="one_cursor")]

    def __str__(self) -> str:
        return f"{self.pack}.{self.table}"


class RuleRun(models.Model):
    """One evaluation (评估) of one rule."""

    id = models.BigAutoField(primary_key=True)
    pack = models.CharField(max_length=64)
    rule = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    whole = models.BooleanField(default=True)  # else only what changed
    counts = models.JSONField(default=dict)  # level → subjects
    opened = models.PositiveIntegerField(default=0)
    cleared = models.PositiveIntegerField(default=0)
    stale = models.JSONField(default=list)  # tables too old to judge by
    error = models.JSONField(null=True)
    receipts = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["pack", "rule", "-id"])]

    def __str__(self) -> str:
        return f"{self.pack}/{self.rule} {self.id}"


class Standing(models.Model):
    """How a rule stands with a subject between runs: what is pending, open, or clearing."""

    pack = models.CharField(max_length=64)
    rule = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)  # key: JSON array of the subject's values
    state = models.JSONField()  # the pure value, see actions.judging
    finding = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when the mere passing of time changes something

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "rule", "subject"], name="one_standing")
        ]
        indexes = [models.Index(fields=["pack", "due_at"])]

    def __str__(self) -> str:
        return f"{self.pack}/{self.rule} {self.subject}"


class Finding(models.Model):
    """What a rule found of a subject, from when to when, and why."""

    id = models.BigAutoField(primary_key=True)
    pack = models.CharField(max_length=64)
    rule = models.CharField(max_length=64)
    version = models.CharField(max_length=32)  # of the pack
    kind = models.CharField(max_length=16, choices=FindingKind.choices)
    subject = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=16)
    worst = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=FindingState.choices)
    why = models.JSONField()  # values, thresholds, clause, versions
    occurred_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # last time that it was found
    cleared_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=1)
    case = models.BigIntegerField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "rule", "subject"],
                condition=models.Q(state="open"),
                name="one_open_finding",
            )
        ]
        indexes = [
            models.Index(fields=["pack", "state", "-opened_at"]),
            models.Index(fields=["pack", "rule", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.pack}/{self.rule} {self.subject}"
