"""The reference of every key of every file (场景包参考), made from what the readers declare."""

from __future__ import annotations

from collections.abc import Iterator

from duokua.kernel.text import Language, Text
from duokua.lang.scenario import (
    form_file,
    indicator_file,
    manifest_file,
    parameter_file,
    playbook_file,
    quality_file,
    rule_keys,
    sentence_file,
    view_file,
)
from duokua.lang.scenario.kinds import KINDS
from duokua.lang.scenario.panel import ANY, OPTIONS, SOURCES
from duokua.lang.scenario.panel_told import TOLD
from duokua.lang.scenario.part import Shape
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.sql_told import GROUPS, WINDOW_TOLD

SHAPES: tuple[Shape, ...] = (
    manifest_file.MANIFEST, manifest_file.CONSUMED, manifest_file.ROLE,
    quality_file.QUALITY, quality_file.EXEMPT,
    rule_keys.CONTRACT, rule_keys.COLUMN,
    parameter_file.LISTED, parameter_file.PARAMETER, parameter_file.VALUE,
    rule_keys.RULE, rule_keys.BASIS, rule_keys.OFTEN, rule_keys.BASELINE,
    playbook_file.PLAYBOOK, playbook_file.CLOCK, playbook_file.TASK, playbook_file.ASKED,
    playbook_file.LIMITS, playbook_file.VERIFY, playbook_file.STEP, playbook_file.RUNG,
    form_file.FORM, form_file.FIELD,
    view_file.VIEW, view_file.PANEL, view_file.TAB,
    indicator_file.INDICATOR, sentence_file.SENTENCE, sentence_file.MOMENT,
    rule_keys.INTERFACE, rule_keys.FILTER,
)  # fmt: skip
_TITLE = Text("场景包参考：每个文件的每个键", "Reference of packs: every key of every file")
_MADE = Text(
    "由 `duokua pack keys` 生成，请勿手工修改。", "Made by `duokua pack keys`; do not edit it."
)
_HEADS = Text("| 键 | 写法 | 必填 | 含义 |", "| key | written | needed | meaning |")
_YES = Text("是", "yes")


def reference(language: Language) -> str:
    """Return the whole reference as Markdown."""
    lines = [f"# {_TITLE.in_(language)}", "", _MADE.in_(language), ""]
    lines += [*_files(language), *_shapes(language), *_panels(language)]
    lines += [*_loop(language), *_scale(language), *_sql(language)]
    return "\n".join(lines).rstrip() + "\n"


def plain() -> dict[str, object]:
    """Return the reference as plain values, in both languages."""
    return {
        "files": {each.form.replace("{}", "*"): _both(each.told) for each in KINDS},
        "shapes": {
            shape.where: {
                "title": _both(shape.title),
                "keys": {
                    key.name: {"written": key.form, "needed": key.needed, "told": _both(key.told)}
                    for key in shape.keys.values()
                },
            }
            for shape in SHAPES
        },
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _files(language: Language) -> Iterator[str]:
    yield f"## {Text('文件', 'Files').in_(language)}"
    yield ""
    yield Text("| 文件 | 内容 |", "| file | what it is |").in_(language)
    yield "|---|---|"
    for each in KINDS:
        yield f"| `{each.form.replace('{}', '*')}` | {each.told.in_(language)} |"
    yield ""


def _shapes(language: Language) -> Iterator[str]:
    for shape in SHAPES:
        yield f"## `{shape.where}` {shape.title.in_(language)}"
        yield ""
        yield _HEADS.in_(language)
        yield "|---|---|---|---|"
        for key in shape.keys.values():
            needed = _YES.in_(language) if key.needed else ""
            told = _cell(key.told.in_(language))
            yield f"| `{key.name}` | `{_cell(key.form)}` | {needed} | {told} |"
        yield ""


def _panels(language: Language) -> Iterator[str]:
    yield f"## {Text('面板的选项', 'Options of panels').in_(language)}"
    yield ""
    yield _HEADS.in_(language)
    yield "|---|---|---|---|"
    for kind, options in {**OPTIONS, "*": ANY}.items():
        for name, option in options.items():
            written = ", ".join(option.choices) or option.kind
            needed = _YES.in_(language) if option.needed else ""
            told = TOLD[kind, name].in_(language)
            yield f"| `{kind}`: `{name}` | `{written}` | {needed} | {told} |"
    yield ""


def _loop(language: Language) -> Iterator[str]:
    told = Text(
        "指标的查询可读本场景包的表，以及平台记录的本场景包的事件：",
        "Queries of indicators read tables of the pack, and what the platform keeps of its cases:",
    )
    yield f"## {Text('平台的表', 'Tables of the platform').in_(language)}"
    yield ""
    yield told.in_(language)
    yield ""
    for name, columns in LOOP_TABLES.items():
        shown = f'"{name}"' if name == "case" else name
        yield f"- `{shown}`: {', '.join(f'`{c}` {kind}' for c, kind in columns.items())}"
    yield ""
    yield Text("面板的 `source`：", "`source` of a panel:").in_(language)
    yield ""
    for name, listed in SOURCES.items():
        yield f"- `{name}`: {', '.join(f'`{each}`' for each in listed)}"
    yield ""


def _scale(language: Language) -> Iterator[str]:
    yield f"## {Text('质量等级', 'The quality scale').in_(language)}"
    yield ""
    for tier, rules in quality_file.SCALE.items():
        yield f"- **{tier}**: " + "; ".join(
            f"`{name}` {told.in_(language)}" for name, told in rules.items()
        )
    yield ""


def _sql(language: Language) -> Iterator[str]:
    yield f"## {Text('SQL 里可用什么', 'What may stand in SQL').in_(language)}"
    yield ""
    for name, told in WINDOW_TOLD.items():
        yield f"- `${name}`: {told.in_(language)}"
    yield ""
    yield Text("| 用途 | 例 |", "| for | examples |").in_(language)
    yield "|---|---|"
    for group, examples in GROUPS:
        yield f"| {group.in_(language)} | {', '.join(f'`{_cell(each)}`' for each in examples)} |"
