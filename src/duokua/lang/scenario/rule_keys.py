"""What may stand in the front matter of a rule, in contracts and in interfaces, for the reference."""

from __future__ import annotations

from duokua.lang.scenario.part import key, shape

RULE = shape(
    "rules/*.sql", "规则的文件头", "the front matter of a rule",
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("kind", "state", "state：每个主体都给出等级；event：只给出发生的事",
        "state: every subject with its level; event: only what happened", needed=True),
    key("basis", "[{…}]", "依据", "what it rests on", needed=True),
    key("subject", "[column]", "一个发现是关于什么的；每个主体至多一起未结事件",
        "what one finding is about; one open case for each", needed=True),
    key("playbook", "word", "处置预案", "its playbook", needed=True),
    key("occurred_at", "column", "发生时刻的列（事件规则必填）",
        "column of the instant; needed by event rules"),
    key("every", "15m", "除有新数据时之外，多久运行一次；不能写 cron",
        "how often it runs besides on new data; never cron"),
    key("window", "1d", "$since 到 $until 有多长，默认自上次运行起",
        "what $since … $until span; by default since the last run"),
    key("hold", "3m", "持续多久才升到该等级", "how long at a level before it is raised"),
    key("clear_hold", "9m", "持续多久无异常才解除", "how long without before it is cleared"),
    key("often", "{times: 3, within: 8h}", "时限内发生几次才算一个发现（事件规则）",
        "so many events within a time are one finding"),
    key("reopen_within", "90d", "在此时长内再次发现，沿用原事件",
        "found again within it, the same case goes on"),
    key("applies_when", "condition", "输出列上的条件，不满足的不判断",
        "a condition on output columns; else not judged"),
    key("name", "column", "给人看的主体名称", "column that names the subject for people"),
    key("department", "column", "部门代码所在的列", "column with a department's code"),
    key("place", "[lon, lat]", "经度列与纬度列", "columns of longitude and latitude"),
    key("show", "[column]", "在“为什么”中列出的列，默认除主体外的全部",
        "columns told as reasons; by default all but the subject"),
    key("baseline", "{…}", "基线：读作表 baseline_<表>", "what is usual, read as table baseline_<table>"),
    key("ref", "text", "在文件中的编号", "its number in a document"),
)  # fmt: skip
BASIS = shape(
    "rules/*.sql: basis", "依据", "what a rule rests on",
    key("text", "{zh, en}", "条文", "the clause", needed=True),
    key("source", "text", "在哪里读到", "where it was read", needed=True),
    key("mark", "V", "V 已核对、S 转述、M 待核实、P 建议",
        "V read there, S stated, M not verified, P proposed", needed=True),
)  # fmt: skip
OFTEN = shape(
    "rules/*.sql: often", "窗口计数", "a count in a window",
    key("times", "3", "几次", "how many", needed=True),
    key("within", "8h", "多长时间内", "within what time", needed=True),
)  # fmt: skip
BASELINE = shape(
    "rules/*.sql: baseline", "基线：每个主体、每类日、每个时段的中位数与 MAD",
    "a baseline: median and MAD by subject, kind of day and slot",
    key("table", "word", "从哪张表", "of which table", needed=True),
    key("subject", "[column]", "主体列", "the subject's columns", needed=True),
    key("at", "column", "时刻列", "column of the instant", needed=True),
    key("value", "column", "数值列", "column of the value", needed=True),
    key("slot", "15m", "时段长度，须整除一天", "length of a slot; it divides a day", needed=True),
    key("days", "28", "用此前多少天", "of how many days before", needed=True),
)  # fmt: skip
CONTRACT = shape(
    "contracts/*.odcs.yaml: customProperties", "数据契约（ODCS 3.1）的扩展属性",
    "custom properties of a contract (ODCS 3.1)",
    key("titleZh", "text", "中文名称", "title in Chinese", needed=True),
    key("titleEn", "text", "英文名称", "title in English", needed=True),
    key("descriptionZh", "text", "中文说明", "description in Chinese"),
    key("descriptionEn", "text", "英文说明", "description in English"),
    key("ownerDepartment", "code", "数据所属部门", "code of the department that owns the data", needed=True),
    key("level", "L2", "分级，默认为各列的最高级", "classification; by default the highest of its columns"),
    key("subject", "column", "人、企业或地点所在的列", "column that names the person, company or place"),
    key("nullWords", '["", NA]', "源数据里表示缺失的文字", "what means missing in a text source"),
    key("sql", "select …", "派生数据集的 SQL；场景包请写在 datasets/",
        "of a derived dataset; packs write it in datasets/"),
)  # fmt: skip
COLUMN = shape(
    "contracts/*.odcs.yaml: properties: customProperties", "列的扩展属性", "custom properties of a column",
    key("titleZh", "text", "中文列名", "title in Chinese", needed=True),
    key("titleEn", "text", "英文列名", "title in English", needed=True),
    key("descriptionZh", "text", "中文说明", "description in Chinese"),
    key("descriptionEn", "text", "英文说明", "description in English"),
    key("unit", "ug/m3", "UCUM 单位", "UCUM unit"),
    key("personal", "phone", "是哪种个人信息", "what kind of personal datum it is"),
    key("zone", "Asia/Shanghai", "无时区时刻所在的时区", "zone of times that come without"),
    key("codes", "[{value, titleZh, titleEn}]", "代码表", "code list"),
)  # fmt: skip
INTERFACE = shape(
    "interfaces/*.yaml", "数据接口", "a data interface",
    key("interface", "word", "标识", "id", needed=True),
    key("version", "1.0.0", "版本", "version", needed=True),
    key("title", "{zh, en}", "名称", "title", needed=True),
    key("description", "{zh, en}", "说明", "description", needed=True),
    key("dataset", "word", "哪个数据集的", "of which dataset", needed=True),
    key("shape", "page", "lookup、page、verify、aggregate 或 changes",
        "lookup, page, verify, aggregate or changes", needed=True),
    key("columns", "[column]", "给出的列", "columns that it gives"),
    key("parameters", "[{name, column, op, required}]", "可用的筛选", "what callers may filter by"),
    key("order", "[column]", "次序（page）", "order of a page"),
    key("open", "true", "无需授权即可调用", "callable without a grant"),
    key("key", "[column]", "核验时用来找到一行的列（verify）", "of verify: what names the row"),
    key("claims", "[column]", "可核验的列（verify）", "of verify: what may be claimed"),
    key("cube", "{…}", "聚合统计的维度与度量（aggregate）", "of aggregate: dimensions and measures"),
    key("query", "[column]", "JSON 查询可用的列；false 为不可用",
        "columns that a JSON query may name; false: none"),
    key("deprecated", "2026-11-01", "自何时弃用", "since when it is deprecated"),
    key("sunset", "2027-06-30", "自何时停用", "from when on it is gone"),
    key("successor", "word", "接替它的接口", "the interface to change over to"),
)  # fmt: skip
FILTER = shape(
    "interfaces/*.yaml: parameters", "接口的参数", "a parameter of an interface",
    key("name", "word", "参数名", "its name", needed=True),
    key("column", "column", "对应的列，默认同名", "its column; by default of the same name"),
    key("op", "eq", "比较方式，默认相等", "how it compares; by default eq"),
    key("required", "true", "是否必填", "whether it has to be given"),
)  # fmt: skip
