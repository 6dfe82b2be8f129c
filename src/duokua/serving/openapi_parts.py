"""What all operations of OpenAPI have in common: how an interface is told, asked and refused."""

from __future__ import annotations

from duokua.kernel.text import Language, Text
from duokua.lang.interface import Interface
from duokua.serving.openapi_schemas import Json, problem_name
from duokua.serving.plan import Plan
from duokua.serving.possible import Door, refusals

TEXTS = {
    "limit": Text(
        "最多行数；all 仅用于 csv、arrow、parquet", "most rows; all with csv, arrow, parquet"
    ),
    "cursor": Text("上一页的 next", "`next` of the page before"),
    "format": Text("返回格式，也可用 Accept", "format of the answer, as may be said by Accept"),
    "since": Text(
        "上次返回的 version;缺省为全量", "`version` told last time; without it, everything"
    ),
    "group": Text("分组维度，以逗号分隔", "dimensions to group by, with commas between"),
    "purpose": Text("用途(百分号编码),须与授权一致", "the granted purpose, percent-encoded"),
    "match": Text("所述是否属实", "whether what is claimed holds"),
    "query": Text("组合查询：条件、分组、汇总", "JSON query: conditions, groups, figures"),
    "verify": Text(
        "以请求体核验，内容不进入地址", "verification by a body: nothing in the address"
    ),
    "order": Text("申请批量导出", "order a bulk export"),
    "exports": Text("本授权的导出任务，新的在前", "the exports of this grant, newest first"),
    "job": Text("查看导出任务", "look at an export"),
    "delete": Text("删除导出任务及其文件", "delete an export and its file"),
    "file": Text("下载导出文件，可按字节续传", "fetch the file of an export, from any byte on"),
    "export": Text("导出任务编号", "id of the export"),
    "range": Text("字节范围，如 bytes=1000-", "a range of bytes, as bytes=1000-"),
    "if_range": Text("所续文件的 ETag", "the ETag of the file that is resumed"),
}


def operation(plan: Plan, language: Language, id_: str, door: Door = Door.CALL) -> Json:
    """Return an operation without its request and its answer."""
    interface, contract = plan.served.interface, plan.served.contract
    manifest, quota = plan.served.manifest, plan.grant.quota
    told: Json = {
        "operationId": id_,
        "tags": [interface.owner],
        "summary": interface.title.in_(language),
        "description": interface.description.in_(language),
        "responses": _refusals(interface, door),
        "x-owner": interface.owner,
        "x-level": contract.level.value,
        "x-shape": interface.shape.value,
        "x-version": interface.version,
        "x-page": f"/store/interfaces/{interface.id}/",
        # How many there are is not told to whoever may see some of them only.
        "x-rows": manifest.rows if manifest and plan.grant.row_filter is None else None,
        "x-as-of": manifest.as_of if manifest else None,
        "x-refresh-hours": contract.refresh_h,
        "x-row-cap": plan.grant.row_cap,
        "x-quota": {name: getattr(quota, name) for name in quota.__slots__},
    }
    if interface.open:
        told["security"] = [{}, {"oauth": []}, {"bearer": []}]
    if interface.deprecated is not None:
        told["deprecated"] = True
        told["x-successor"] = interface.successor
    return told


def _refusals(interface: Interface, door: Door) -> Json:
    return {
        str(status): {"$ref": f"#/components/responses/{problem_name(status, codes)}"}
        for status, codes in refusals(interface, door)
    }


def known(name: str, schema: Json, language: Language) -> Json:
    """Return an optional parameter of the query string that many interfaces have."""
    return {
        "name": name, "in": "query", "required": False,
        "description": TEXTS[name].in_(language), "schema": schema,
    }  # fmt: skip


def header(name: str, text: str, language: Language) -> Json:
    """Return an optional header of a request."""
    return {
        "name": name, "in": "header", "required": False,
        "description": TEXTS[text].in_(language), "schema": {"type": "string"},
    }  # fmt: skip


def purpose(language: Language) -> Json:
    """Return the header that states what a call is for."""
    return header("Duokua-Purpose", "purpose", language)


def life(interface: Interface) -> list[str]:
    """Return the headers of an answer that tell how long its interface lives."""
    return [] if interface.deprecated is None else ["Deprecation", "Sunset"]


def request(schema: Json) -> Json:
    """Return a body that a call needs."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}
