"""What the other parts may ask of the lake (数据湖)."""

from __future__ import annotations

from duokua.lake.actions import check_registrable
from duokua.lake.barring import Whom, whom
from duokua.lake.derived import refresh as refresh_derived
from duokua.lake.erasure import Concerned, ErasureInfo, erasures
from duokua.lake.erasure import ask as ask_erasure
from duokua.lake.erasure import foresee as foresee_erasure
from duokua.lake.erasure import lift as lift_erasure
from duokua.lake.erasure_steps import carry_out as carry_out_erasure
from duokua.lake.facade.asides import (
    dismiss,
    download_quarantine,
    look_at_quarantine,
    quarantine,
    quarantines,
    replay,
)
from duokua.lake.facade.changing import foresee_withdrawal, ingest, reconcile, register
from duokua.lake.facade.looking import (
    batches,
    check_quality,
    contract,
    contracts,
    dataset_lines,
    datasets,
    describe,
    downstream,
    named_datasets,
    open_rows,
    profile_of,
    promised,
    quality_history,
    refresh_profile,
    rows_changed,
    titles,
    upstream,
)
from duokua.lake.fetching import run as run_source
from duokua.lake.impact import register_impact
from duokua.lake.lineage import Edge, derived_from
from duokua.lake.profile import ProfileInfo
from duokua.lake.purging import register_purge
from duokua.lake.quality import QualityInfo, RuleOutcome
from duokua.lake.retention import RetentionInfo
from duokua.lake.retention import apply as apply_retention
from duokua.lake.retention import apply_all as apply_retentions
from duokua.lake.retention import look as look_at_retention
from duokua.lake.retention import of as retention_of
from duokua.lake.signals import contract_registered, dataset_committed
from duokua.lake.sources import SourceInfo, SourceRun, sources
from duokua.lake.sources import add as add_source
from duokua.lake.sources import remove as remove_source
from duokua.lake.sources import show as source
from duokua.lake.upkeep import compact, register_holder, vacuum
from duokua.lake.values import (
    Affected,
    BatchInfo,
    ColumnStats,
    DatasetInfo,
    DatasetLine,
    FaultCount,
    IngestResult,
    Mode,
    QuarantineInfo,
    QuarantinePage,
    ReplayResult,
    RowFault,
    StandingRow,
    Withdrawal,
)
from duokua.lake.withdrawal import withdraw

__all__ = [
    "Affected",
    "BatchInfo",
    "ColumnStats",
    "Concerned",
    "DatasetInfo",
    "DatasetLine",
    "Edge",
    "ErasureInfo",
    "FaultCount",
    "IngestResult",
    "Mode",
    "ProfileInfo",
    "QualityInfo",
    "QuarantineInfo",
    "QuarantinePage",
    "ReplayResult",
    "RetentionInfo",
    "RowFault",
    "RuleOutcome",
    "SourceInfo",
    "SourceRun",
    "StandingRow",
    "Whom",
    "Withdrawal",
    "add_source",
    "apply_retention",
    "apply_retentions",
    "ask_erasure",
    "batches",
    "carry_out_erasure",
    "check_quality",
    "check_registrable",
    "compact",
    "contract",
    "contract_registered",
    "contracts",
    "dataset_committed",
    "dataset_lines",
    "datasets",
    "derived_from",
    "describe",
    "dismiss",
    "download_quarantine",
    "downstream",
    "erasures",
    "foresee_erasure",
    "foresee_withdrawal",
    "ingest",
    "lift_erasure",
    "look_at_quarantine",
    "look_at_retention",
    "named_datasets",
    "open_rows",
    "profile_of",
    "promised",
    "quality_history",
    "quarantine",
    "quarantines",
    "reconcile",
    "refresh_derived",
    "refresh_profile",
    "register",
    "register_holder",
    "register_impact",
    "register_purge",
    "remove_source",
    "replay",
    "retention_of",
    "rows_changed",
    "run_source",
    "source",
    "sources",
    "titles",
    "upstream",
    "vacuum",
    "whom",
    "withdraw",
]
