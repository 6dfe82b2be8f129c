"""What each option of a panel means, in a line; ``*`` are options of every kind."""

from __future__ import annotations

from duokua.kernel.text import Text

_LEVEL = Text("等级列，决定颜色", "column of the level, which gives the colour")
_UNIT = Text("单位的文字", "the unit in words")
TOLD: dict[tuple[str, str], Text] = {
    ("map", "lon"): Text("经度列", "column of the longitude"),
    ("map", "lat"): Text("纬度列", "column of the latitude"),
    ("map", "label"): Text("点的名称列", "column that names a point"),
    ("map", "level"): _LEVEL,
    ("map", "weight"): Text("热力图的权重列", "column of the weight in a heat map"),
    ("map", "draw"): Text("points 画点，heat 画热力图", "points, or heat for a heat map"),
    ("kpi", "value"): Text("数值列，取第一行", "column of the figure, of the first row"),
    ("kpi", "before"): Text("对比值的列", "column of the figure that it is compared with"),
    ("kpi", "unit"): _UNIT,
    ("kpi", "good"): Text("up 越高越好，down 越低越好", "which way is good: up or down"),
    ("table", "columns"): Text("显示的列，默认全部", "columns that are shown; by default all"),
    ("table", "sort"): Text("按哪列排序", "the column that it is sorted by"),
    ("table", "rows"): Text("每页几行", "rows of a page"),
    ("table", "level"): _LEVEL,
    ("table", "open"): Text("点开一行时打开的实体视图", "the view of an entity that a row opens"),
    ("table", "key"): Text("打开时传给该视图的列", "the column that names the row to that view"),
    ("chart", "x"): Text("横轴列", "column of the horizontal axis"),
    ("chart", "y"): Text("纵轴列，一列一条线", "columns of the vertical axis, a line for each"),
    ("chart", "unit"): _UNIT,
    ("chart", "draw"): Text("line 折线，bar 柱", "lines, or bars"),
    ("gauge", "value"): Text("数值列，取第一行", "column of the figure, of the first row"),
    ("gauge", "least"): Text("刻度起点", "where the scale begins"),
    ("gauge", "most"): Text("刻度终点", "where the scale ends"),
    ("gauge", "warn"): Text("从何值起提醒", "from where on it warns"),
    ("gauge", "alarm"): Text("从何值起报警", "from where on it alarms"),
    ("gauge", "unit"): _UNIT,
    ("gantt", "label"): Text("条的名称列", "column that names a bar"),
    ("gantt", "from"): Text("开始列", "column of its beginning"),
    ("gantt", "until"): Text("结束列", "column of its end"),
    ("gantt", "level"): _LEVEL,
    ("timeline", "at"): Text("时刻列", "column of the instant"),
    ("timeline", "text"): Text("文字列", "column of the text"),
    ("timeline", "by"): Text("由谁所为的列", "column of who did it"),
    ("timeline", "level"): _LEVEL,
    ("entity", "columns"): Text("显示的列，默认全部", "columns that are shown; by default all"),
    ("entity", "name"): Text("作为标题的列", "column of its title"),
    ("form", "form"): Text("forms/ 中的表单", "a form of forms/"),
    ("*", "titles"): Text("列的中英文名称：列: {zh, en}", "words of columns: column: {zh, en}"),
    ("*", "meaning"): Text("一句话说明面板", "what the panel tells, in a sentence"),
}  # fmt: skip
