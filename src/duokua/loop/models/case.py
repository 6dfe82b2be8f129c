"""Cases with their tasks, clocks, evidence and timeline."""

from __future__ import annotations

from django.db import models

from duokua.loop.states.case import ENDED, CaseState, TaskState
from duokua.loop.states.clock import ClockKind, ClockState


class Case(models.Model):
    """One matter to be settled: exactly one is open for a rule and a subject."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=32, unique=True)  # for people: pack, day, serial
    pack = models.CharField(max_length=64)
    rule = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=32)  # of the pack by which it is handled
    playbook = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    level = models.CharField(max_length=16)
    severity = models.SmallIntegerField()  # of the level, for sorting
    state = models.CharField(max_length=16, choices=CaseState.choices)
    before = models.CharField(max_length=16, blank=True)  # the state that a suspension left
    revision = models.PositiveIntegerField(default=0)
    finding = models.BigIntegerField(null=True)  # the newest one of its chain
    row = models.JSONField(default=dict)  # of the rule's newest answer: what tasks are filled from
    lead = models.ForeignKey("identity.Department", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(  # of the pack: it verifies
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    live = models.BooleanField(default=True)  # its state is none of ENDED: what indexes begin with
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    disposed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of the clock that is over first
    rank_at = models.DateTimeField()  # due_at, or the end of time: what lists are sorted by
    verification = models.JSONField(default=dict)  # who asked the rule again, and who has signed
    suspended_until = models.DateTimeField(null=True)
    merged_into = models.BigIntegerField(null=True)
    reopened = models.PositiveIntegerField(default=0)
    escalated = models.PositiveSmallIntegerField(default=0)  # rungs that were climbed
    drill = models.BooleanField(default=False)  # an exercise: counts nowhere
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "rule", "subject", "drill"],
                condition=~models.Q(state__in=sorted(ENDED)),
                name="one_open_case",
            )
        ]
        indexes = [
            models.Index(fields=["live", "rank_at", "id"], name="case_by_due"),
            models.Index(fields=["live", "-severity", "rank_at", "id"], name="case_by_level"),
            models.Index(fields=["live", "-changed_at", "-id"], name="case_by_change"),
            models.Index(fields=["live", "drill", "lead", "level", "rank_at"], name="case_of_lead"),
            models.Index(fields=["live", "drill", "pack", "level", "rank_at"], name="case_of_pack"),
            models.Index(fields=["pack", "rule", "subject", "-id"], name="case_chain"),
            models.Index(fields=["state", "suspended_until"], name="case_suspended"),
            models.Index(fields=["opened_at"], name="case_opened"),
            models.Index(fields=["live", "drill", "level", "state", "owner"], name="case_counted"),
            models.Index(fields=["live", "-escalated", "id"], name="case_escalated"),
        ]

    def __str__(self) -> str:
        return self.number


class Task(models.Model):
    """What one department has to do in a case."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    play = models.CharField(max_length=64)  # its id in the playbook; empty: added by hand
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=32)  # of the platform
    lead = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=TaskState.choices)
    revision = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(max_length=64, blank=True)
    after = models.JSONField(default=list)  # plays that come first
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()  # or begun again: older evidence does not count
    changed_at = models.DateTimeField()
    disposed_by = models.CharField(max_length=64, blank=True)
    disposed_at = models.DateTimeField(null=True)
    handed_to = models.CharField(max_length=64, blank=True)  # department asked to take over

    class Meta:
        indexes = [
            models.Index(fields=["department", "state", "due_at", "id"]),
            models.Index(fields=["claimed_by", "state", "due_at", "id"]),
            models.Index(fields=["department", "state", "claimed_by"], name="task_to_claim"),
            models.Index(fields=["handed_to", "state"], name="task_handed"),
            models.Index(fields=["case", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.id}"


class Clock(models.Model):
    """A time limit of a task, or of the case as a whole (verification)."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=ClockKind.choices)
    state = models.CharField(max_length=16, choices=ClockState.choices)
    timer = models.JSONField()  # the pure value: limit, start, stops, extension
    due_at = models.DateTimeField(null=True)  # None while it is stopped
    next_at = models.DateTimeField(null=True)  # when it has to be looked at: warning, rung, end
    warned = models.PositiveSmallIntegerField(default=0)  # %
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_at"]), models.Index(fields=["case"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"


class Rung(models.Model):
    """A rung of the ladder that was climbed: each once."""

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="+")
    at_rung = models.PositiveSmallIntegerField()
    told = models.CharField(max_length=200)  # department and role
    climbed_at = models.DateTimeField()
    acknowledged_by = models.CharField(max_length=64, blank=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "at_rung"], name="each_rung_once")]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.at_rung}"


class CaseEvent(models.Model):
    """One line of a case's timeline (过程记录); never changed."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    task = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    acting_for = models.CharField(max_length=64, blank=True)
    verb = models.CharField(max_length=64)
    text = models.CharField(max_length=2000, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["case", "id"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verb}"


class Evidence(models.Model):
    """A piece of evidence (证据); its bytes lie in the evidence store under their digest."""

    id = models.CharField(max_length=64, primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    task = models.BigIntegerField(null=True)
    ask = models.CharField(max_length=64, blank=True)  # id of what the playbook asks for
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=200)
    media = models.CharField(max_length=100)  # by its content
    digest = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    body = models.JSONField(default=dict)  # of a form or a reading
    taken_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    given_by = models.CharField(max_length=64)
    given_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "given_at"])]

    def __str__(self) -> str:
        return self.id


class Concern(models.Model):
    """A department that may know of a case: it owns its pack, has a task, or has to sign."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["department", "case"], name="concerned_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.department_id}"


class Serial(models.Model):
    """The last number that a pack's cases were given on a day."""

    pack = models.CharField(max_length=64)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "day"], name="one_serial_a_day")]

    def __str__(self) -> str:
        return f"{self.pack} {self.day} {self.last}"


class SavedView(models.Model):
    """A filter of the workbench that somebody keeps under a name (常用视图)."""

    id = models.BigAutoField(primary_key=True)
    owner = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name
