"""Why a row or file is refused at ingest, in words: what is wrong and how to mend it."""

from __future__ import annotations

from duokua.kernel.text import Text

REASONS: dict[str, tuple[Text, Text]] = {
    "erased": (
        Text(
            "该行的主体已被彻底删除，其数据不再保留",
            "its subject was erased for good; its values are not kept",
        ),
        Text(
            "无需处理；确需恢复时请先解除，再重新汇聚该行",
            "leave it; if it has to come back, lift the erasure and bring the row in again",
        ),
    ),
    "missing": (
        Text("必填列为空", "a required value is missing"),
        Text(
            "请补上该值，或确认契约的 nullWords", "fill it in, or check nullWords of the contract"
        ),
    ),
    "integer": (
        Text("不是整数", "is no whole number"),
        Text(
            "请只写数字，不带小数和单位",
            "write digits only, without point or unit",
        ),
    ),
    "number": (
        Text("不是数字", "is no number"),
        Text(
            "请写成 12.5 的形式，缺失值写入 nullWords", "write it like 12.5; list words for missing"
        ),
    ),
    "boolean": (
        Text("不是是否值", "is no yes/no value"),
        Text("请写 true/false、1/0 或 是/否", "write true/false, 1/0 or 是/否"),
    ),
    "date": (
        Text("不是日期", "is no date"),
        Text("请写成 2026-05-06", "write it like 2026-05-06"),
    ),
    "timestamp": (
        Text("不是时间", "is no instant"),
        Text("请写成 2026-05-06T07:30:00+08:00", "write it like 2026-05-06T07:30:00+08:00"),
    ),
    "zone": (
        Text("时间没有时区", "the time has no zone"),
        Text("请在契约该列写 zone: Asia/Shanghai", "give the column zone: Asia/Shanghai"),
    ),
    "range": (
        Text("超出可表示的范围或日历中不存在", "is out of range or not in the calendar"),
        Text("请更正该值", "correct the value"),
    ),
    "year": (
        Text("年份不在 1 至 9999 之间", "the year is not within 1 to 9999"),
        Text("请更正该值", "correct the value"),
    ),
    "not_finite": (
        Text("是 NaN 或无穷大", "is NaN or infinite"),
        Text("缺失请留空", "leave a missing value empty"),
    ),
    "nul": (
        Text("含有 NUL 字符", "holds a NUL character"),
        Text("请删去该字符", "remove the character"),
    ),
    "formula": (
        Text("是表格公式的错误值", "is the error of a spreadsheet formula"),
        Text(
            "请更正公式，缺失请留空，或写入 nullWords",
            "mend the formula, leave a missing value empty, or list it in nullWords",
        ),
    ),
    "code": (
        Text("不在代码表中", "is not in the code list"),
        Text(
            "请更正该值，或先更新契约的代码表", "correct it, or extend the contract's codes first"
        ),
    ),
    "twice": (
        Text("主键在文件中重复", "the key is in the file twice"),
        Text("请去掉重复行", "remove the repeated row"),
    ),
    "exists": (
        Text("主键在数据集中已存在", "the key is in the dataset already"),
        Text("请只汇聚新增行，或用 replace 方式", "bring new rows only, or use mode replace"),
    ),
}
STRUCTURE: dict[str, tuple[Text, Text]] = {
    "MISSING COLUMNS": (
        Text("该行列数不足", "the line has too few values"),
        Text("请补齐各列", "give every column"),
    ),
    "TOO MANY COLUMNS": (
        Text("该行列数过多", "the line has too many values"),
        Text('含逗号的值请用 " 括起', 'quote a value that holds a comma with "'),
    ),
    "UNQUOTED VALUE": (
        Text("引号不配对", "the quotes do not match"),
        Text('值内的 " 请写成 ""', 'write "" for a " within a value'),
    ),
    "LINE SIZE OVER MAXIMUM": (
        Text("该行过长", "the line is too long"),
        Text("请检查是否缺少引号", "check for a missing quote"),
    ),
    "INVALID ENCODING": (
        Text("不是 UTF-8 编码", "is not UTF-8"),
        Text("请另存为 UTF-8", "save the file as UTF-8"),
    ),
}
OTHER_STRUCTURE = (
    Text("该行不符合 RFC 4180", "the line is not RFC 4180 CSV"),
    Text("请用标准 CSV 重新导出", "export it again as standard CSV"),
)
