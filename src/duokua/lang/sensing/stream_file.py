"""Reads the file of a stream (感知流声明)."""

from __future__ import annotations

from datetime import timedelta

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Kind
from duokua.lang.scenario.part import Part, key, shape
from duokua.lang.scenario.span import Span
from duokua.lang.sensing.stream import AHEAD, LATE, Measure, Stream
from duokua.lang.yamlfile import Document, load

STREAM = shape(
    "streams/*.yaml", "感知流", "a stream of events",
    key("stream", "crane_reading", "标识，即上报地址 /ingest/{标识}",
        "its id: events are sent to /ingest/{id}", needed=True),
    key("title", "{zh, en}", "名称", "its name", needed=True),
    key("dataset", "crane_reading", "事件落入的数据集", "the dataset whose rows the events become",
        needed=True),
    key("device", "device_id", "哪一列是设备编号", "the column that names the device", needed=True),
    key("at", "measured_at", "哪一列是测量时刻", "the column with the instant", needed=True),
    key("sequence", "seq", "哪一列是序号：每台设备递增的整数",
        "the column with the sequence number, rising on each device", needed=True),
    key("late", "24h", "允许迟到多久", "how old an event may be when it comes"),
    key("ahead", "60s", "设备时钟最多快多少", "how far a device's clock may be ahead"),
    key("heartbeat", "60s", "至少多久上报一次；连续三次未到即失联",
        "how often it reports at least; lost when three in a row do not come"),
    key("measures", "{wind_speed: {unit: m/s}}", "各测量列", "the measured columns", needed=True),
)  # fmt: skip
MEASURE = shape(
    "streams/*.yaml: measures", "一个测量列", "one measured column",
    key("unit", "m/s", "单位（UCUM），须与契约一致", "its unit (UCUM), as the contract has it",
        needed=True),
    key("least", "0", "设备可能示出的最小值，更小即拒收", "the least it can show; less is refused"),
    key("most", "60", "设备可能示出的最大值，更大即拒收", "the most it can show; more is refused"),
    key("jump", "5", "每秒最多变化多少，超过记为突变", "the most it changes in a second; more is a jump"),
    key("frozen", "30m", "数值完全不变多久算卡死", "for how long the very same value may stay"),
)  # fmt: skip
_NUMBERS = (Kind.NUMBER, Kind.INTEGER)
_WHAT = Text("感知流声明有误", "the stream is wrong")


def read_stream(text: str, *, source: str) -> Stream:
    """Read a stream's file.

    :raises Invalid: naming everything that is wrong, by file and line.
    """
    faults = Faults()
    document = load(text, source=source)
    top = Part(document.value, STREAM, document, faults)
    measures = tuple(_measure(name, part) for name, part in top.named("measures", MEASURE))
    heartbeat = _length(top, "heartbeat", None)
    stream = Stream(
        id=top.word("stream"),
        title=top.both("title"),
        dataset=top.word("dataset"),
        device=top.word("device"),
        at=top.word("at"),
        sequence=top.word("sequence"),
        late=_length(top, "late", LATE) or LATE,
        ahead=_length(top, "ahead", AHEAD) or AHEAD,
        heartbeat=heartbeat,
        measures=measures,
    )
    faults.raise_if_any(_WHAT)
    return stream


def _measure(name: str, part: Part) -> Measure:
    least, most, jump = (part.number(each) for each in ("least", "most", "jump"))
    if least is not None and most is not None and least >= most:
        part.wrong("most", "须大于 least", "has to be above least")
    if jump is not None and jump <= 0:
        part.wrong("jump", "须大于 0", "has to be above 0")
    return Measure(name, part.text("unit"), least, most, jump, _length(part, "frozen", None))


def _length(part: Part, name: str, default: timedelta | None) -> timedelta | None:
    """Return a span that needs no calendar."""
    found: Span | None = part.span(name)
    if found is None:
        return default
    if found.working or not found.amount:
        part.wrong(
            name, "须是大于 0 的时长，且不是工作日", "has to be above 0, not in working days"
        )
        return default
    return found.length


def check_against(stream: Stream, contract: Contract, document: Document) -> None:
    """Make sure that a stream fits the contract of its dataset.

    :raises Invalid: a column is not there, of another kind or unit, or the key does not fit.
    """
    faults = Faults()
    for name, column, kinds in (
        ("device", stream.device, (Kind.STRING,)),
        ("at", stream.at, (Kind.TIMESTAMP,)),
        ("sequence", stream.sequence, (Kind.INTEGER,)),
        *(("measures", each.name, _NUMBERS) for each in stream.measures),
    ):
        found = contract.by_name.get(column)
        if found is None or found.kind not in kinds:
            words = " / ".join(kinds)
            faults.add(document.place(name), f"契约没有 {words} 类型的列“{column}”",
                       f"the contract has no column {column!r} of kind {words}",
                       "请检查列名与契约", "check the column and the contract")  # fmt: skip
    for each in stream.measures:
        found = contract.by_name.get(each.name)
        if found is not None and found.unit != each.unit:
            faults.add(document.place("measures", each.name, "unit"),
                       f"契约的单位是 {found.unit or '–'}", f"the contract has unit {found.unit}",
                       "请使单位与契约一致", "let the units agree")  # fmt: skip
    if set(contract.key) != {stream.device, stream.sequence}:
        faults.add(document.place("sequence"), "契约的主键须是设备与序号两列",
                   "the key of the contract has to be device and sequence",
                   "请修改契约的主键", "change the contract's key")  # fmt: skip
    faults.raise_if_any(_WHAT)
