"""The single decisions on a request, what happened to it, and disputes."""

from __future__ import annotations

from django.db import models

from duokua.store.models.request import Request
from duokua.store.states.request import DisputeState, StepKind, StepState


class Step(models.Model):
    """One decision by one post; those of one stage are decided side by side."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveIntegerField(default=1)  # 2: decided anew after a dispute
    stage = models.PositiveIntegerField()  # 1, 2, …
    kind = models.CharField(max_length=16, choices=StepKind.choices)
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=20)
    state = models.CharField(max_length=16, choices=StepState.choices, default=StepState.WAITING)
    revision = models.PositiveIntegerField(default=0)
    clock = models.JSONField(null=True)  # the stoppable clock; None: none is set
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    warned = models.PositiveSmallIntegerField(default=0)  # percent of the time that was reminded of
    remind_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    escalations = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)
    acting_for = models.CharField(max_length=64, blank=True)
    comment = models.CharField(max_length=1000, blank=True)
    ground = models.CharField(max_length=64, blank=True)  # of a refusal: its id in the law pack
    narrowed = models.JSONField(null=True)  # what this step leaves of what was asked
    fields = models.JSONField(default=list)  # of a return: what is to be completed
    asked = models.JSONField(null=True)  # what was asked when it was decided

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round", "kind", "department", "role"], name="one_step_of_a_kind"
            )
        ]
        indexes = [
            models.Index(fields=["department", "role", "state", "due_at"]),
            models.Index(fields=["state", "remind_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"


class Event(models.Model):
    """What happened to a request (办理记录), for its timeline; never a personal value."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    acting_for = models.CharField(max_length=64, blank=True)
    verb = models.CharField(max_length=64)  # the audit verb
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["request", "id"])]

    def __str__(self) -> str:
        return f"{self.request_id} {self.verb}"


class Dispute(models.Model):
    """A dispute (争议) about a decision on a request."""

    id = models.CharField(max_length=64, primary_key=True)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")
    step = models.ForeignKey(Step, null=True, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=16)  # refused, narrowed, overdue
    state = models.CharField(
        max_length=16, choices=DisputeState.choices, default=DisputeState.NEGOTIATION
    )
    revision = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    stage_at = models.DateTimeField(null=True)  # since when it stands where it stands
    told_at = models.DateTimeField(null=True)  # when it was told that the last stage is overdue
    follow_up = models.ForeignKey(
        Request, null=True, on_delete=models.PROTECT, related_name="+"
    )  # what is decided anew, where a grant lives already
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Whose head decides the last stage; nobody's where the bureau enters what was decided.
    government = models.CharField(max_length=64, blank=True, default="", db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(ended_at__isnull=True),
                name="one_live_dispute",
            )
        ]

    def __str__(self) -> str:
        return self.id


class DisputeEntry(models.Model):
    """What one side said, or what was decided, in a dispute."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    department = models.ForeignKey(
        "identity.Department", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=16, choices=DisputeState.choices)  # after it
    text = models.CharField(max_length=2000)

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.at}"
